import { z } from "zod";
import type { Application, Site } from "../core/application.ts";
import { HotsiteError, PreflightError } from "../core/errors.ts";
import type { Step, StepTree, Workflow } from "../core/workflow.ts";
import { parallel, sequence } from "../workflow/define.ts";
import { cloudFaultsOf } from "./claims.ts";
import { configFaults } from "./config-faults.ts";
import { keepCount, withCount } from "./counts.ts";
import { packagesStep, serviceStep, type Around } from "./job-steps.ts";
import { destroyStep, launchStep } from "./launch.ts";
import { machineGroups, type MachineGroup } from "./placement.ts";
import { joinPool, leavePool } from "./pool-steps.ts";
import type { FleetWorld } from "./fleet-world.ts";
import { stopStep } from "./stop-step.ts";
import { installOrder, nodeOf, siteServices } from "./topology.ts";
import type { World } from "./world.ts";

const siteChange = z.strictObject({
  site: z.string(),
  from: z.int(),
  to: z.int(),
  /** The number that was remembered before; null where the config alone counted. */
  kept: z.int().nullable(),
  /** Indexes of machines beyond both numbers, which an older config or an abandoned run left. */
  stray: z.array(z.int()),
});

export const scaleInput = z.strictObject({
  /** Marks the nodes that this run claims: unwinding destroys those, and no other. */
  run: z.string(),
  activeSite: z.string(),
  /** What the machines are called: `web`. */
  machines: z.string(),
  changes: z.array(siteChange),
  /** How long requests in progress may take to end before their machine goes. */
  drainMs: z.number(),
  /** How long people who have a session on it may go on before that. */
  sessionsMs: z.number().default(0),
});

export type ScaleInput = z.infer<typeof scaleInput>;

type SiteChange = z.infer<typeof siteChange>;

/**
 * More machines, or fewer. New ones get traffic once they are ready; of those that go, the highest number goes first, when its requests
 * have ended. The number is remembered at the moment when the machines it counts are there, so that no other command ever misses one.
 */
export function scaleWorkflow(application: Application): Workflow<FleetWorld, ScaleInput> {
  return { name: "scale", input: scaleInput, steps: (input) => scaleSteps(application, input) };
}

/** One site's part of the run. */
interface Part extends Around {
  readonly input: ScaleInput;
  readonly change: SiteChange;
  readonly group: MachineGroup;
  readonly where: Site;
  /** Before this part; `application` is what it is after it. */
  readonly before: Application;
}

function scaleSteps(application: Application, input: ScaleInput): StepTree<FleetWorld> {
  const parts = partsOf(application, input);
  const growing = parts.filter(({ change }) => change.to > change.from);
  const shrinking = parts.filter(({ change }) => change.to <= change.from);
  return sequence<FleetWorld>(
    ...(growing.length === 0 ? [] : [validateStep(growing)]),
    ...growing.map(grow),
    ...shrinking.map(shrink),
  );
}

/** Each site's change starts from where the one before it ended, growing ones first; the numbers in the store may be those of any moment of the run. */
function partsOf(application: Application, { machines, changes, ...rest }: ScaleInput): readonly Part[] {
  const input = { machines, changes, ...rest };
  const group = machineGroups(siteServices(application)).find(({ name }) => name === machines);
  if (group === undefined)
    throw new HotsiteError("workflow-changed", `the config has no ${machines} any more`);
  let now = changes.reduce(
    (all, { site, from }) => withCount(all, { site, machines, count: from }),
    application,
  );
  const inOrder = [...changes].sort(
    (one, other) => Number(other.to > other.from) - Number(one.to > one.from),
  );
  return inOrder.flatMap((change) => {
    const where = application.sites.find(({ name }) => name === change.site);
    if (where === undefined) return [];
    const before = now;
    now = withCount(before, { site: change.site, machines, count: change.to });
    return [{ input, change, group, where, before, application: now, activeSite: input.activeSite }];
  });
}

function grow(part: Part): StepTree<FleetWorld> {
  const { input, change, group, application } = part;
  const specs = between(change.from, change.to).map((index) => nodeOf(part.where, group, index));
  const jobs = specs.flatMap((spec) => spec.services.map((placement) => ({ spec, placement })));
  const inOrder = installOrder(application).map((services) =>
    jobs.filter(({ placement }) => services.includes(placement.service)),
  );
  return sequence<FleetWorld>(
    parallel<FleetWorld>(...specs.map((spec) => launchStep(spec, input.run))),
    parallel<FleetWorld>(...jobs.map((job) => packagesStep(job, part))),
    ...inOrder.map((group) => parallel<FleetWorld>(...group.map((job) => serviceStep(job, part)))),
    countStep(part),
    ...joinPool(part, specs),
  );
}

function shrink(part: Part): StepTree<FleetWorld> {
  const { input, change, group } = part;
  const leaving = between(change.to, change.from).map((index) => nodeOf(part.where, group, index));
  const strays = change.stray.map((index) => nodeOf(part.where, group, index));
  const order = installOrder(part.before).flat().reverse();
  const stops = leaving.map((spec) => {
    const placed = [...spec.services].sort((a, b) => order.indexOf(a.service) - order.indexOf(b.service));
    return sequence<FleetWorld>(...placed.map((placement) => stopStep({ spec, placement }, part)));
  });
  return sequence<FleetWorld>(
    ...leavePool(part, leaving, input),
    parallel<FleetWorld>(...stops),
    ...(leaving.length === 0 ? [] : [countStep(part)]),
    parallel<FleetWorld>(...[...leaving, ...strays].map((spec) => destroyStep(spec))),
  );
}

function validateStep(parts: readonly Part[]): Step<World, null> {
  return {
    name: "validate",
    output: z.null(),
    readOnly: true,
    run: async (world, signal) => {
      const specs = parts.flatMap(({ where, group, change }) =>
        between(change.from, change.to).map((index) => nodeOf(where, group, index)),
      );
      const faults = [
        ...(await configFaults(world)),
        ...(await cloudFaultsOf(world, specs, "validate", signal)),
      ];
      if (faults.length > 0) throw new PreflightError(world.application.name, faults);
      return null;
    },
  };
}

function countStep({ input: { machines }, change: { site, to, kept } }: Part): Step<World, null> {
  return {
    name: `${site}: ${to} × ${machines}`,
    output: z.null(),
    run: async (world) => {
      await keepCount(world, { site, machines, count: to });
      return null;
    },
    undo: (world) => keepCount(world, { site, machines, count: kept ?? undefined }),
  };
}

/** The numbers above `low` up to `high`. */
function between(low: number, high: number): readonly number[] {
  return Array.from({ length: Math.max(0, high - low) }, (_, offset) => low + offset + 1);
}
