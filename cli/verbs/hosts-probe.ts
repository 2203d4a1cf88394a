import { probe, type HostReport } from "../../drivers/byon/admin.ts";
import { hostNamed } from "../byon-hosts.ts";
import { openSession } from "../session.ts";
import { hostReport } from "../outcomes/hosts.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = hostReport;

/** Asks one host for everything; a quarantine whose reason is gone is lifted. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { pool, host } = await hostNamed(session, call.operands[0] ?? "");
  const report = await probe(pool, host, signal);
  const usable = report.state === "free" || report.state === "claimed";
  return { text: textOf(report), json: { ...report }, exitCode: usable ? 0 : 1 };
}

function textOf({ host, state, claim, reason, remedy, seen }: HostReport): string {
  const holder = claim === undefined ? "" : ` by ${claim.site}/${claim.name} of ${claim.owner}`;
  const facts = seen && [
    `  ${seen.os} on ${seen.arch}, ${seen.freeMb} MiB free on /`,
    `  clock ${Math.abs(seen.clockAheadMs / 1000).toFixed(1)} s ${seen.clockAheadMs < 0 ? "behind" : "ahead"}`,
    `  listens on ${seen.listens.length === 0 ? "nothing" : seen.listens.join(", ")}`,
  ];
  return [
    `${host} is ${state}${holder}${reason === undefined ? "" : `: ${reason}`}`,
    ...(remedy === undefined ? [] : [`  → ${remedy}`]),
    ...(facts ?? []),
  ].join("\n");
}
