import { HotsiteError } from "../core/errors.ts";
import type { Observer } from "../workflow/events.ts";
import { history } from "../workflow/history.ts";
import { runWorkflow } from "../workflow/runner.ts";
import type { DrillHost } from "./drill.ts";
import type { ProtectionWorld } from "./world.ts";

export interface HostOptions {
  readonly world: ProtectionWorld;
  /** Who asks for the drill: `ops@laptop`. */
  readonly by: string;
  readonly observer?: Observer;
  readonly say: (text: string) => void;
}

/** Runs a drill's workflows journaled, and gives what the journal says of their steps. */
export function journaledHost({ world, by, observer, say }: HostOptions): DrillHost {
  const { application, store, clock } = world;
  return {
    say,
    async run(workflow, input, signal) {
      const result = await runWorkflow({
        workflow,
        input,
        context: world,
        application: application.name,
        store,
        clock,
        by,
        observer,
        signal,
      });
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
