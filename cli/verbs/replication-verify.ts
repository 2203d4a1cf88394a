import { z } from "zod";
import { systemClock } from "../../core/clock.ts";
import { HotsiteError } from "../../core/errors.ts";
import { verifySites } from "../../failover/evidence.ts";
import { readScene } from "../../lifecycle/context.ts";
import { Controls } from "../../lifecycle/controls.ts";
import { readFacts } from "../../lifecycle/facts.ts";
import { endsOf } from "../../replication/standalone/ends.ts";
import { targetSite } from "../../replication/standalone/order.ts";
import { verify, type VerifyOptions } from "../../replication/verify.ts";
import type { TableDifference } from "../../replication/verify-table.ts";
import { exitCodes } from "../exit.ts";
import { openLinkIfAny, type LinkSession } from "../link-session.ts";
import { exactly } from "../outcomes/exactly.ts";
import { openSession } from "../session.ts";
import { table } from "../table.ts";
import type { Call, Outcome } from "../verb.ts";

const difference = exactly<TableDifference>()(
  z.strictObject({
    table: z.string().describe("`database.table`"),
    sourceRows: z.number(),
    targetRows: z.number(),
    differing: z.number().describe("rows that one side lacks or that are not equal"),
    keys: z.array(z.string()).describe("the first keys that differ, or why rows cannot be compared"),
    changing: z.number().describe("rows that were changed during each look, so that nothing is said of them"),
    uncompared: z.array(z.string()).describe("columns that have no common form on both servers"),
  }),
);

/** What `--json` prints. */
export const outcome = z.strictObject({ equal: z.boolean(), tables: z.array(difference) });

type More = Pick<VerifyOptions, "tables" | "onTable">;

/** Compares both ends of the link while they are in use. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const { options, output } = call;
  const more: More = {
    ...(options.table !== undefined && { tables: options.table }),
    onTable: (done, place) => output.keep([`  ${done.table}: ${place.done} of ${place.of} tables compared`]),
  };
  const session = await openLinkIfAny(call);
  const tables = await (
    session === undefined ? ofApplication(call, more, signal) : ofLink(session, more, signal)
  ).finally(() => output.keep([]));
  const equal = tables.every(({ differing }) => differing === 0);
  return {
    text: textOf(tables),
    json: { equal, tables },
    exitCode: equal ? exitCodes.ok : exitCodes.failed,
  };
}

async function ofLink(
  { declaration, place }: LinkSession,
  more: More,
  signal: AbortSignal,
): Promise<readonly TableDifference[]> {
  const { source, target, databases, selection } = await endsOf(declaration, place);
  const sides = { source, target: { ...target, site: targetSite }, stream: declaration.name, selection };
  return await verify({ ...sides, databases, clock: systemClock, ...more }, signal);
}

async function ofApplication(
  call: Call,
  more: More,
  signal: AbortSignal,
): Promise<readonly TableDifference[]> {
  await using session = await openSession(call);
  const { world, config } = session;
  const order = (await readFacts(world))?.link;
  if (order == null) {
    throw new HotsiteError("unprotected", `${config.application.name} has no link`, {
      hint: "`hotsite install` starts it, once replication is declared",
    });
  }
  const ground = { scene: await readScene(world, undefined), controls: new Controls(world) };
  return await verifySites(ground, { source: order.from, target: order.to }, more, signal);
}

function textOf(tables: readonly TableDifference[]): string {
  const rows = tables.map(({ table: name, sourceRows, targetRows, differing, changing }) => [
    name,
    ...[sourceRows, targetRows, differing].map(String),
    changing === 0 ? "" : `${changing} changing, look again`,
  ]);
  return [table(header, rows), ...tables.flatMap(detailsOf)].join("\n");
}

const header = ["TABLE", "SOURCE ROWS", "TARGET ROWS", "DIFFERING", ""];

function detailsOf({ table: name, differing, keys, uncompared }: TableDifference): readonly string[] {
  const more = differing > keys.length ? " …" : "";
  return [
    ...(differing === 0 ? [] : [`  ${name}: ${keys.join(" ")}${more}`]),
    ...(uncompared.length === 0 ? [] : [`  ${name}: not compared: ${uncompared.join(", ")}`]),
  ];
}
