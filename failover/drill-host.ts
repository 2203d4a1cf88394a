import type { Workflow } from "../core/workflow.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Observer } from "../workflow/events.ts";
import { history } from "../workflow/history.ts";
import { findUnfinished } from "../workflow/journal.ts";
import { resumeRun, runWorkflow } from "../workflow/runner.ts";
import type { DrillHost } from "./drill.ts";
import { failoverWorkflow } from "./failover.ts";
import { reprotectWorkflow } from "./reprotect.ts";
import { switchoverWorkflow } from "./switchover.ts";
import type { ProtectionWorld } from "./world.ts";

export interface HostOptions {
  readonly world: ProtectionWorld;
  /** Who asks for the drill: `ops@laptop`. */
  readonly by: string;
  readonly observer?: Observer;
  readonly say: (text: string) => void;
}

// A resumed run's input is parsed by its workflow's own schema.
const resumable = [failoverWorkflow, reprotectWorkflow, switchoverWorkflow] as Workflow<
  ProtectionWorld,
  unknown
>[];

/** Runs a drill's workflows journaled, and gives what the journal says of their steps. */
export function journaledHost({ world, by, observer, say }: HostOptions): DrillHost {
  const { application, store, clock } = world;
  const settings = { application: application.name, store, clock, by, observer };
  return {
    say,
    async resume(signal) {
      if ((await findUnfinished(store, application.name)) === undefined) return;
      await resumeRun({ ...settings, signal, workflows: resumable, contextFor: () => world });
    },
    async run(workflow, input, signal) {
      const result = await runWorkflow({ ...settings, workflow, input, context: world, signal });
      const run = (await history(store, application.name)).find(({ id }) => id === result.run);
      if (run === undefined) throw new HotsiteError("journal-lost", `the journal has no run ${result.run}`);
      const steps = run.steps.map(({ name, startedAt, endedAt, output }) => ({
        name,
        startedMs: startedAt,
        endedMs: endedAt ?? startedAt,
        output,
      }));
      return { steps };
    },
  };
}
