import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import { CommandError } from "../core/shell.ts";
import type { Step, StepTree } from "../core/workflow.ts";
import {
  forgetKept,
  goBack,
  keepStanding,
  keptIsReady,
  leaveStanding,
  NOTHING_TO_KEEP,
} from "../remote/way-back.ts";
import { sequence } from "../workflow/define.ts";
import { applyPackages, applyService, awaitReady, configureStageOf } from "./apply.ts";
import type { FleetWorld } from "./fleet-world.ts";
import { labelOf, type Around } from "./job-steps.ts";
import { startsNow, type Job } from "./phases.ts";
import type { Patience } from "./pool-steps.ts";
import { getsTraffic, intoPool, outOfPool } from "./roll-traffic.ts";
import { workOf } from "./work.ts";
import { seeing, type World } from "./world.ts";

/** A rolling change of services that run. */
export interface Roll extends Around, Patience {
  readonly run: string;
}

const kept = z.strictObject({ ready: z.boolean() });

/**
 * One instance after the other: what runs is kept on its node, the balancer takes the instance out, it gets what the config says, and has
 * to be ready before it is let in again. Undone in the opposite order, each instance becomes what it was. `forgetSteps` has to follow.
 */
export function rollSteps(jobs: readonly Job[], roll: Roll): readonly StepTree<FleetWorld>[] {
  return jobs.map((job) => {
    const keep = keepStep(job, roll);
    const change = changeStep(job, roll, keep);
    if (!getsTraffic(roll, job)) return sequence<FleetWorld>(keep, change);
    return sequence<FleetWorld>(keep, outOfPool(job, roll, keep), change, intoPool(job, roll));
  });
}

/** What was kept is deleted once everything has worked: nothing can be taken back any more. */
export function forgetSteps(jobs: readonly Job[], { run }: Roll): readonly Step<World, null>[] {
  return jobs.map(({ spec, placement }) => ({
    name: `${labelOf({ spec, placement })}: forget what ran before`,
    output: z.null(),
    pointOfNoReturn: "what ran before is deleted",
    async run(world, signal) {
      const shell = await world.shell(spec.site, spec.name, signal);
      await shell.run(forgetKept({ service: placement.service.name, run }), signal);
      return null;
    },
  }));
}

function keepStep(job: Job, { run }: Roll): Step<World, z.infer<typeof kept>> {
  const { spec, placement } = job;
  const service = placement.service.name;
  return {
    name: `${labelOf(job)}: keep what runs`,
    output: kept,
    async run(world, signal) {
      const shell = await world.shell(spec.site, spec.name, signal);
      const keep = keepStanding({ service, run }, configureStageOf(service));
      const { code } = await shell.run(keep, signal, { accept: [0, NOTHING_TO_KEEP] });
      if (code === NOTHING_TO_KEEP) {
        throw new HotsiteError("not-installed", `${shell.node} has no ${service} that could be updated`, {
          hint: "hotsite install",
        });
      }
      const ready = await shell.run(keptIsReady({ service, run }), signal).then(
        () => true,
        (error: unknown) => {
          if (error instanceof CommandError) return false;
          throw error;
        },
      );
      return { ready };
    },
    async undo(world, _output, signal) {
      await (await world.shell(spec.site, spec.name, signal)).run(forgetKept({ service, run }), signal);
    },
  };
}

function changeStep(
  job: Job,
  { run, application, activeSite }: Roll,
  keep: Step<World, z.infer<typeof kept>>,
): Step<World, null> {
  const start = startsNow({ application, activeSite }, job);
  const service = job.placement.service.name;
  return {
    name: `${labelOf(job)}: update`,
    output: z.null(),
    async run(world, signal) {
      const work = await workOf(seeing(world, application), job, activeSite, signal);
      await applyPackages(work, signal);
      await work.shell.run(leaveStanding({ service, run }, pathsOf(work)), signal);
      await applyService(work, { start }, signal);
      return null;
    },
    async undo(world, _output, signal) {
      const work = await workOf(seeing(world, application), job, activeSite, signal);
      await work.shell.run(goBack({ service, run }, pathsOf(work), start), signal);
      // What did not work before need not work now.
      if (!start || !world.output(keep).ready) return;
      const ready = { command: keptIsReady({ service, run }), timeoutMs: work.plan.ready.timeoutMs };
      await awaitReady({ ...work, plan: { ...work.plan, ready } }, signal);
    },
  };
}

function pathsOf({ plan }: Awaited<ReturnType<typeof workOf>>): readonly string[] {
  return plan.files.map(({ path }) => path);
}
