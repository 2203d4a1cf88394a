import { systemClock } from "../../core/clock.ts";
import { faultLine, HotsiteError, PreflightError } from "../../core/errors.ts";
import { linkWarnings } from "../../replication/preflight-warnings.ts";
import { checkLink } from "../../replication/standalone/check.ts";
import { endsOf } from "../../replication/standalone/ends.ts";
import { grantsFor, grantsText } from "../link-grants.ts";
import { openLink, type LinkSession } from "../link-session.ts";
import { replicateOutcome, type ReplicateOutcome } from "../outcomes/replicate.ts";
import type { Call, Outcome } from "../verb.ts";
import { planLink } from "../link-plan.ts";
import { runLink } from "../link-run.ts";

/** What each line of `--json` says. */
export const outcome = replicateOutcome;

/** Keeps one database equal to another one, without anything around them. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<ReplicateOutcome>> {
  const session = await openLink(call);
  const { check, dryRun, untilCaughtUp, drainLog } = call.options;
  if (untilCaughtUp === true && drainLog === true)
    throw new HotsiteError("usage", "--until-caught-up reads on and --drain-log does not: name one of them");
  if (check === true) return checked(session, call, signal);
  return dryRun === true ? planLink(session, call, signal) : runLink(session, call, signal);
}

/** What stands in the way, and what the two users need. */
async function checked(
  { declaration, place }: LinkSession,
  { output }: Call,
  signal: AbortSignal,
): Promise<Outcome<ReplicateOutcome>> {
  const ends = await endsOf(declaration, place);
  const grants = await grantsFor(ends, signal);
  const least = `The least that its users need:\n${grantsText(grants)}`;
  const faults = await checkLink(declaration, ends, systemClock, signal);
  if (faults.length > 0) {
    output.note(least);
    throw new PreflightError(`link("${declaration.name}") cannot begin`, faults);
  }
  const warnings = await linkWarnings(ends, signal);
  const known = warnings.length === 0 ? "" : `\n\nGood to know:\n${warnings.map(faultLine).join("\n")}`;
  const text = `nothing stands in the way of ${declaration.name}${known}\n\n${least}`;
  return { text, json: { event: "check", grants, warnings: [...warnings] } };
}
