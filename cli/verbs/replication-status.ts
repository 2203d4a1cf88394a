import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { readStatus, type SiteStatus } from "../../lifecycle/status.ts";
import { openSession } from "../session.ts";
import { table } from "../table.ts";
import { siteStatus } from "../outcomes/status.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  links: z.array(siteStatus.pick({ link: true, checkpoint: true }).extend({ to: z.string() })),
});

/** Each link with its state, positions and lag. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { application } = session.config;
  if (application.replication === undefined) {
    throw new HotsiteError("unprotected", `${application.name} replicates nothing`, {
      hint: "declare replication in hotsite.config.ts",
    });
  }
  const { sites, facts } = await readStatus(session.world, signal);
  const links = sites.filter(({ link }) => link !== undefined);
  const lines = links.map((site) => lineOf(site, facts?.activeSite ?? ""));
  const text =
    lines.length === 0
      ? "no link yet; `hotsite install` starts it"
      : table(
          header,
          lines.map(({ row }) => row),
        );
  const problems = lines.flatMap(({ problem }) => (problem === undefined ? [] : [`  ${problem}`]));
  return {
    text: [text, ...problems].join("\n"),
    json: { links: links.map(({ site, link, checkpoint }) => ({ to: site, link, checkpoint })) },
  };
}

const header = ["LINK", "STATE", "EPOCH", "RECEIVED", "APPLIED", "BEHIND", "LAG"];

function lineOf({ site, link }: SiteStatus, from: string): { row: readonly string[]; problem?: string } {
  const name = `${from} → ${site}`;
  if (link === undefined || "problem" in link) return { row: [name, "no answer"], problem: link?.problem };
  const status = link.value;
  if (status === undefined)
    return { row: [name, "no order"], problem: `${site} follows nobody: hotsite reprotect` };
  const { state, epoch, received, applied, behindTransactions, lagSeconds, copy, problem } = status;
  const progress = copy === undefined ? "" : ` ${copy.rows} of ${copy.totalRows} rows`;
  return {
    row: [
      ...[name, `${state}${progress}`, String(epoch), received ?? "", applied ?? ""],
      behindTransactions === undefined ? "" : `${behindTransactions} tx`,
      lagSeconds === undefined ? "" : `${lagSeconds.toFixed(1)}s`,
    ],
    problem,
  };
}
