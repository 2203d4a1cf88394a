import { systemClock } from "../core/clock.ts";
import { PreflightError } from "../core/errors.ts";
import { schemaAtPosition, type CopySchema } from "../replication/copy-schema.ts";
import { Source } from "../replication/source.ts";
import { checkLink } from "../replication/standalone/check.ts";
import { endsOf } from "../replication/standalone/ends.ts";
import { openGateway, type LinkSession } from "./link-session.ts";
import type { ReplicateOutcome } from "./outcomes/replicate.ts";
import type { Call, Outcome } from "./verb.ts";

/** What `hotsite replicate` would do; changes nothing. */
export async function planLink(
  session: LinkSession,
  call: Call,
  signal: AbortSignal,
): Promise<Outcome<ReplicateOutcome>> {
  const { declaration, place } = session;
  const { name, firstCopy } = declaration;
  await using gateway = await openGateway(session, call);
  const known = await gateway.status();
  if (known !== undefined) {
    const { stream } = known;
    return {
      text: `${name}: stream ${stream} goes on where its log ends`,
      json: { event: "plan", does: "go on", stream },
    };
  }
  const ends = await endsOf(declaration, place);
  const faults = await checkLink(declaration, ends, systemClock, signal);
  if (faults.length > 0) throw new PreflightError(`link("${name}") cannot begin`, faults);
  if (firstCopy !== true) {
    const from = firstCopy === false ? "now" : firstCopy.from;
    return {
      text: `${name}: the target follows the source from ${from}`,
      json: { event: "plan", does: "follow", from },
    };
  }
  await using source = await Source.open(ends.source, signal);
  return copyPlan(name, await schemaAtPosition(source, ends.selection));
}

function copyPlan(name: string, { units, rows }: CopySchema): Outcome<ReplicateOutcome> {
  const tables = units.flatMap((unit) => unit.tables).filter(({ database }) => database !== "hotsite");
  const head = `${name}: a first copy of ${tables.length} tables, about ${rows.toLocaleString("en-US")} rows; then the target follows`;
  const list = tables.map(({ database, table }) => `  ${database}.${table}`);
  return { text: [head, ...list].join("\n"), json: { event: "plan", does: "copy", tables, rows } };
}
