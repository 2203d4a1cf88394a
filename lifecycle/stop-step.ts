import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import type { Step } from "../core/workflow.ts";
import { startService, stopService } from "./apply.ts";
import { labelOf } from "./job-steps.ts";
import { startsNow, type Job } from "./phases.ts";
import type { Change } from "./pool-steps.ts";
import { workOf } from "./work.ts";
import { seeing, type World } from "./world.ts";

/** Stops a service on a machine that is about to go; one that nobody can reach any more goes as it is. */
export function stopStep(job: Job, { before, activeSite }: Change): Step<World, null> {
  return {
    name: `${labelOf(job)}: stop`,
    output: z.null(),
    async run(world, signal) {
      try {
        await stopService(await workOf(seeing(world, before), job, activeSite, signal), signal);
      } catch (error) {
        if (!(error instanceof HotsiteError && error.code === "unreachable")) throw error;
        world.report(error.message);
      }
      return null;
    },
    async undo(world, _output, signal) {
      if (!startsNow({ application: before, activeSite }, job)) return;
      await startService(await workOf(seeing(world, before), job, activeSite, signal), signal);
    },
  };
}
