import type { Fault } from "../core/errors.ts";
import { notAmong } from "../core/faults.ts";
import type { Service } from "../core/recipe.ts";
import type { ApplicationSpec } from "./application.ts";
import { leading, machineGroups, type MachineGroup } from "./placement.ts";

/** Machines that Hotsite needs for itself. */
const OWN = ["edge", "gateway", "witness"];

/** Services on one machine that do not go together. */
export function placementFaults(services: readonly Service[]): readonly Fault[] {
  const taken = services
    .filter(({ on }) => on !== undefined && OWN.includes(on))
    .map(({ name, on }) => ({
      path: `services.${name}.on`,
      problem: "these machines are Hotsite's own",
      found: String(on),
      remedy: "choose another name",
    }));
  return [
    ...taken,
    ...machineGroups(services).flatMap((group) => [...numberFaults(group), ...templateFaults(group)]),
  ];
}

/** One service says how many machines there are; another one may only say the same. */
function numberFaults({ name, services, instances }: MachineGroup): readonly Fault[] {
  const leader = leading(name, services);
  const text = ({ initial, min, max }: Service["instances"]): string => `${initial} (${min} to ${max})`;
  // What is said when nothing is said.
  const unsaid = text({ initial: 1, min: 1, max: 1 });
  return services
    .filter((service) => ![text(instances), unsaid].includes(text(service.instances)))
    .map((service) => ({
      path: `services.${service.name}.instances`,
      problem: `it shares its machines with ${leader.name}, which says how many there are`,
      found: text(service.instances),
      allowed: text(instances),
    }));
}

function templateFaults({ services }: MachineGroup): readonly Fault[] {
  const said = new Map<string, { by: string; value: string }>();
  return services.flatMap((service) =>
    Object.entries(service.machine ?? {}).flatMap(([option, given]) => {
      const value = JSON.stringify(given);
      const before = said.get(option);
      if (before === undefined) said.set(option, { by: service.name, value });
      if (before === undefined || before.value === value) return [];
      return [
        {
          path: `services.${service.name}.machine.${option}`,
          problem: `${before.by}, on the same machine, says otherwise`,
          found: value,
          allowed: before.value,
        },
      ];
    }),
  );
}

/** Numbers of machines in one site that no service has, or that are out of its range. */
export function countFaults({ sites, services }: ApplicationSpec): readonly Fault[] {
  const groups = machineGroups(services);
  return Object.entries(sites).flatMap(([site, { instances }]) =>
    Object.entries(instances ?? {}).flatMap(([name, count]): readonly Fault[] => {
      const path = `sites.${site}.instances.${name}`;
      const group = groups.find((one) => one.name === name);
      const names = groups.map((one) => one.name);
      if (group === undefined)
        return [{ path, problem: "there are no such machines", ...notAmong(name, names) }];
      const { min, max } = group.instances;
      if (min <= count && count <= max) return [];
      return [{ path, problem: "is out of range", found: String(count), allowed: `${min} to ${max}` }];
    }),
  );
}
