import type { Clock } from "../../core/clock.ts";
import { formatPosition, ofOrigin } from "../../core/position.ts";
import type { LinkControl } from "../../core/protection.ts";
import { waitFor } from "../../core/wait.ts";
import { Source, type SourceOptions } from "../source.ts";
import { sourceState } from "../start-position.ts";

/** A round that is shorter ends the wait: the target is as close behind as it gets while the source works. */
const shortMs = 2_000;
const roundMs = 60_000;
const lookMs = 100;
/** A copy may take days. */
const noLimitMs = 2 ** 50;

/** Resolves once the target has everything that the source had a moment ago; gives that position. Rejects when the link fails. */
export function caughtUp(
  link: LinkControl,
  { source: options, clock }: { readonly source: SourceOptions; readonly clock: Clock },
  signal: AbortSignal,
): Promise<string> {
  const look = async (): Promise<string | undefined> => {
    if ((await link.status(signal))?.state !== "streaming") return undefined;
    const wanted = await ownPosition(options, signal);
    const began = clock.now();
    await link.reach(wanted, roundMs, signal);
    return clock.now() - began < shortMs ? wanted : undefined;
  };
  const what = "the target to have everything";
  return waitFor(look, { timeoutMs: noLimitMs, intervalMs: lookMs, what, clock }, signal);
}

/** Everything that the source itself has written. */
async function ownPosition(options: SourceOptions, signal: AbortSignal): Promise<string> {
  await using source = await Source.open(options, signal);
  const { position, origin } = await sourceState(source);
  return formatPosition(ofOrigin(position, origin));
}
