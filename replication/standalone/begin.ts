import { systemClock } from "../../core/clock.ts";
import { HotsiteError, PreflightError } from "../../core/errors.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { requireSelection } from "../selection/require.ts";
import { checkLink } from "./check.ts";
import { endsOf } from "./ends.ts";
import { keepLogPlace, keptLogPlace, logPlaceOf } from "./log-place.ts";
import { firstOrder, movedOrder } from "./order.ts";
import type { DeclaredLink } from "./place.ts";

/** Goes on with the order that it has, or begins as declared. */
export async function beginLink(
  { declaration, place }: DeclaredLink,
  gateway: Gateway,
  { drains = false }: { readonly drains?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const log = logPlaceOf(declaration, place);
  const before = (await keptLogPlace(place)) ?? log;
  const ends = await endsOf(declaration, place);
  if (gateway.order !== undefined) {
    requireSelection(gateway.order, ends.selection);
    const moved = before !== log;
    if (moved && drains) throw movedAway(declaration.name, before);
    await gateway.start(
      moved ? await movedOrder(declaration, gateway.order, ends, signal) : gateway.order,
      signal,
    );
    // After the order: what is killed in between begins another stream, which loses nothing either.
    await keepLogPlace(place, log);
    return;
  }
  const faults = await checkLink(declaration, ends, systemClock, signal);
  if (faults.length > 0) throw new PreflightError(`link("${declaration.name}") cannot begin`, faults);
  await keepLogPlace(place, log);
  await gateway.start(await firstOrder(declaration, ends, signal), signal);
}

function movedAway(name: string, before: string): HotsiteError {
  return new HotsiteError(
    "log-moved-away",
    `the log of ${name} is in another place than declared: ${before}`,
    {
      hint: "declare it as it was to drain it",
    },
  );
}
