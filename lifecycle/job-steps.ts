import { z } from "zod";
import type { Application } from "../core/application.ts";
import type { Step } from "../core/workflow.ts";
import { applyPackages, applyService } from "./apply.ts";
import { explained } from "./explain.ts";
import { startsNow, type Job } from "./phases.ts";
import { workOf } from "./work.ts";
import { seeing, type World } from "./world.ts";

/** The application that steps are for, and which of its sites is primary. */
export interface Around {
  readonly application: Application;
  readonly activeSite: string;
  /** The other site was lost, and its data is not a copy. */
  readonly alone?: boolean;
}

const outcome = z.enum(["changed", "unchanged"]);

type Outcome = z.infer<typeof outcome>;

/** Installs the packages of a service on a node. */
export function packagesStep(job: Job, { application, activeSite }: Around): Step<World, Outcome> {
  return {
    name: `${labelOf(job)}: packages`,
    output: outcome,
    run: (world, signal) =>
      explained(seeing(world, application), job.spec, signal, async (seen) =>
        applyPackages(await workOf(seen, job, activeSite, signal), signal),
      ),
    // A node that this run launched is destroyed with all that is on it; on an older one a package more does no harm.
    undo: () => Promise.resolve(),
  };
}

/** Puts a service on a node and starts it, unless it belongs to a warm standby. */
export function serviceStep(job: Job, around: Around): Step<World, Outcome> {
  const start = startsNow(around, job);
  return {
    name: `${labelOf(job)}: ${start ? "install" : "install, not started"}`,
    output: outcome,
    run: (world, signal) =>
      explained(seeing(world, around.application), job.spec, signal, async (seen) =>
        applyService(await workOf(seen, job, around.activeSite, signal), { start }, signal),
      ),
    undo: () => Promise.resolve(),
  };
}

/** `east/web-1 web`. */
export function labelOf({ spec, placement }: Job): string {
  return `${spec.site}/${spec.name} ${placement.service.name}`;
}
