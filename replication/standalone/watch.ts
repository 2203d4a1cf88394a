import { systemClock } from "../../core/clock.ts";
import { HotsiteError } from "../../core/errors.ts";
import type { LinkStatus } from "../../core/protection.ts";
import type { Gateway } from "../gateway/gateway.ts";

const lookMs = 250;

/** Resolves with the last status once the link has stopped or the signal has ended; rejects when it has failed. */
export async function watchLink(
  gateway: Gateway,
  show: (status: LinkStatus) => void,
  signal: AbortSignal,
): Promise<LinkStatus> {
  for (;;) {
    const status = await gateway.status();
    if (status === undefined) throw new HotsiteError("no-link", "the link has lost its order");
    show(status);
    if (status.state === "failed") throw failure(status);
    if (status.state === "stopped" || signal.aborted) return status;
    await systemClock.sleep(lookMs, signal).catch(() => undefined);
  }
}

function failure({ stream, problem, remedy }: LinkStatus): HotsiteError {
  return new HotsiteError("link-failed", problem ?? `${stream} has failed`, {
    hint: remedy ?? "mend it and run the command again: it goes on where it stopped",
  });
}
