import { HotsiteError } from "../core/errors.ts";
import type { Service } from "../core/recipe.ts";
import { keptCount } from "./counts.ts";
import { countIn, type MachineGroup } from "./placement.ts";
import type { ScaleInput } from "./scale.ts";
import { groupOf } from "./topology.ts";
import type { World } from "./world.ts";

/** What somebody asks for. */
export interface ScaleWish {
  readonly run: string;
  readonly activeSite: string;
  readonly service: Service;
  readonly count: number;
  /** All sites when it is not told. */
  readonly site: string | undefined;
  readonly drainMs: number;
  readonly sessionsMs: number;
}

/** What has to change, from how the world is now. Throws `HotsiteError` "not-installed", "cannot-scale" or "out-of-range". */
export async function planScale(world: World, wish: ScaleWish): Promise<ScaleInput> {
  const { application } = world;
  const { run, activeSite, drainMs, sessionsMs, count } = wish;
  const known = await world.nodes.all();
  if (known.length === 0) {
    throw new HotsiteError("not-installed", `${application.name} has no machines yet`, {
      hint: "hotsite install",
    });
  }
  const group = scalable(world, wish);
  const changes = application.sites
    .filter(({ name }) => wish.site === undefined || name === wish.site)
    .map(async (site) => {
      const from = countIn(site, group);
      const indexes = known.flatMap(({ claim }) =>
        claim.site === site.name ? indexOf(group, claim.name) : [],
      );
      const stray = indexes.filter((index) => index > Math.max(from, count)).sort((a, b) => a - b);
      const kept = (await keptCount(world, site.name, group.name)) ?? null;
      return { site: site.name, from, to: count, kept, stray };
    });
  const wanted = (await Promise.all(changes)).filter(
    ({ from, to, stray }) => from !== to || stray.length > 0,
  );
  return { run, activeSite, machines: group.name, changes: wanted, drainMs, sessionsMs };
}

function scalable({ application }: World, { service, count }: ScaleWish): MachineGroup {
  const group = groupOf(application, service);
  if (group === undefined) {
    throw new HotsiteError("cannot-scale", `${service.name} runs once, at the edge`, {
      hint: `services that can be scaled: ${application.services.map(({ name }) => name).join(", ")}`,
    });
  }
  const { replication } = application;
  const single = group.services.find((one) => one === replication?.of || one === replication?.gateway);
  if (single !== undefined) {
    throw new HotsiteError(
      "cannot-scale",
      `${single.name} runs once in each site: its data has one primary`,
      {
        hint: "give its machine more with machine: { … } in hotsite.config.ts",
      },
    );
  }
  const { min, max } = group.instances;
  if (min <= count && count <= max) return group;
  throw new HotsiteError("out-of-range", `${group.name} may have ${min} to ${max} machines, not ${count}`, {
    hint: `to allow it: instances: { initial: …, min: ${Math.min(min, count)}, max: ${Math.max(max, count)} } of ${service.name} in hotsite.config.ts`,
  });
}

function indexOf({ name }: MachineGroup, node: string): readonly number[] {
  const [stem, number] = [node.slice(0, node.lastIndexOf("-")), node.slice(node.lastIndexOf("-") + 1)];
  return stem === name && /^[1-9][0-9]*$/.test(number) ? [Number(number)] : [];
}
