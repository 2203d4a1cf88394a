import type { Logger } from "../core/logger.ts";
import type { Observer, RunEvent } from "../workflow/events.ts";

/** Writes everything that happens in a run to the log, then passes it on. */
export function logged(logger: Logger, observer: Observer): Observer {
  return {
    onEvent: (event) => {
      const { kind, ...fields } = event;
      logger[levelOf(event)](kind, fields);
      observer.onEvent(event);
    },
  };
}

function levelOf({ kind }: RunEvent): keyof Logger {
  if (kind === "step-failed" || kind === "step-undo-failed") return "error";
  if (kind === "step-retried") return "warn";
  return kind === "step-progress" ? "debug" : "info";
}
