import type { Site } from "../core/application.ts";
import type { MachineTemplate } from "../core/driver.ts";
import type { Instances, Service } from "../core/recipe.ts";

/** Machines of one name, `web-1`, `web-2` and so on, and the services that share each of them. */
export interface MachineGroup {
  /** In front of the dash. */
  readonly name: string;
  readonly services: readonly Service[];
  /** How many there are in each site. */
  readonly instances: Instances;
  /** What they have besides, or instead of, what their cloud's template says. */
  readonly machine: MachineTemplate;
}

/** The machines that services want, in the order of the services. */
export function machineGroups(services: readonly Service[]): readonly MachineGroup[] {
  const names = new Set(services.map(machineName));
  return [...names].map((name) => {
    const sharing = services.filter((service) => machineName(service) === name);
    return {
      name,
      services: sharing,
      instances: leading(name, sharing).instances,
      machine: Object.assign({}, ...sharing.map(({ machine }) => machine ?? {})) as MachineTemplate,
    };
  });
}

/** What the machines of a service are called. */
export function machineName({ name, on }: Service): string {
  return on ?? name;
}

/** Says how many machines there are: the service that is called as they are, or the first one on them. */
export function leading(name: string, sharing: readonly Service[]): Service {
  const [first] = sharing;
  const leader = sharing.find((service) => service.name === name) ?? first;
  if (leader === undefined) throw new TypeError(`no service is on ${name}`);
  return leader;
}

/** How many machines of a group a site has. */
export function countIn({ instances }: Site, { name, instances: { initial } }: MachineGroup): number {
  return instances?.[name] ?? initial;
}
