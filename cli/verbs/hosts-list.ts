import { z } from "zod";
import { reportHosts, type HostReport } from "../../drivers/byon/admin.ts";
import { somePools } from "../byon-hosts.ts";
import { openSession } from "../session.ts";
import { table } from "../table.ts";
import { hostReport } from "../outcomes/hosts.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({ hosts: z.array(hostReport) });

/** Lists the hosts of `byon({…})`: who has each, which are free, and why the others are not. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const pools = await somePools(session);
  const reports = (await Promise.all(pools.map((pool) => reportHosts(pool, signal)))).flat();
  const rows = reports.map((report) => [
    report.host,
    report.state,
    holder(report),
    report.labels.join(" "),
    why(report),
  ]);
  return { text: table(["HOST", "STATE", "NODE", "LABELS", "REASON"], rows), json: { hosts: reports } };
}

function holder({ claim }: HostReport): string {
  return claim === undefined ? "" : `${claim.site}/${claim.name} of ${claim.owner}`;
}

function why({ reason = "" }: HostReport): string {
  return reason.split("\n")[0] ?? "";
}
