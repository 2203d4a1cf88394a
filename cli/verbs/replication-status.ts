import { z } from "zod";
import { systemClock } from "../../core/clock.ts";
import { HotsiteError } from "../../core/errors.ts";
import type { LinkStatus } from "../../core/protection.ts";
import { readStatus, type SiteStatus } from "../../lifecycle/status.ts";
import { targetSite } from "../../replication/standalone/order.ts";
import { ofLink as operateOn } from "../link-operator.ts";
import { openLinkIfAny, type LinkSession } from "../link-session.ts";
import { openSession } from "../session.ts";
import { table } from "../table.ts";
import { siteStatus } from "../outcomes/status.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  links: z.array(siteStatus.pick({ link: true, checkpoint: true }).extend({ to: z.string() })),
});

interface Links {
  readonly lines: readonly Line[];
  readonly links: z.infer<typeof outcome>["links"];
}

/** Each link with its state, positions and lag; with `--watch` again and again. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const session = await openLinkIfAny(call);
  return session === undefined ? ofApplication(call, signal) : ofLink(session, call, signal);
}

async function ofLink(
  session: LinkSession,
  call: Call,
  signal: AbortSignal,
): Promise<Outcome<typeof outcome>> {
  const { name } = session.declaration;
  const read = (): Promise<Links> =>
    operateOn(
      session,
      call,
      async ({ status }) => {
        const link = { value: await status(signal) };
        return { lines: [lineOf(link, `source → target of ${name}`)], links: [{ to: targetSite, link }] };
      },
      signal,
    );
  return watched(call, read, signal);
}

async function ofApplication(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { application } = session.config;
  if (application.replication === undefined) {
    throw new HotsiteError("unprotected", `${application.name} replicates nothing`, {
      hint: "declare replication in hotsite.config.ts",
    });
  }
  const read = async (): Promise<Links> => {
    const { sites, facts } = await readStatus(session.world, signal);
    const links = sites.filter(({ link }) => link !== undefined);
    return {
      lines: links.map(({ site, link }) => lineOf(link, `${facts?.activeSite ?? ""} → ${site}`)),
      links: links.map(({ site, link, checkpoint }) => ({ to: site, link, checkpoint })),
    };
  };
  return await watched(call, read, signal);
}

const everyMs = 1_000;

/** Once, or each second until the signal ends. */
async function watched(
  { options, output }: Call,
  read: () => Promise<Links>,
  signal: AbortSignal,
): Promise<Outcome<typeof outcome>> {
  let seen = await read();
  const goesOn = (): boolean => options.watch === true && !signal.aborted;
  while (goesOn()) {
    if (output.live) output.keep(textOf(seen).split("\n"));
    else output.line(textOf(seen), { ok: true, links: seen.links });
    await systemClock.sleep(everyMs, signal).catch(() => undefined);
    if (goesOn()) seen = await read();
  }
  return { text: textOf(seen), json: { links: seen.links } };
}

function textOf({ lines }: Links): string {
  if (lines.length === 0) return "no link yet; `hotsite install` starts it";
  const problems = lines.flatMap(({ problem, warnings = [] }) => [
    ...(problem === undefined ? [] : [`  ${problem}`]),
    ...warnings.map((warning) => `  ! ${warning}`),
  ]);
  const rows = lines.map(({ row }) => row);
  return [table(header, rows), ...problems].join("\n");
}

interface Line {
  readonly row: readonly string[];
  readonly problem?: string;
  readonly warnings?: readonly string[];
}

const header = ["LINK", "STATE", "EPOCH", "RECEIVED", "APPLIED", "BEHIND", "LAG"];

function lineOf(link: SiteStatus["link"], name: string): Line {
  if (link === undefined || "problem" in link) return { row: [name, "no answer"], problem: link?.problem };
  const status = link.value;
  if (status === undefined) return { row: [name, "no order"], problem: `${name}: nothing is followed yet` };
  const { state, epoch, received, applied, behindTransactions, lagSeconds, copy } = status;
  const progress = copy === undefined ? "" : ` ${copy.rows} of ${copy.totalRows} rows`;
  return {
    row: [
      ...[name, `${state}${progress}`, String(epoch), received ?? "", applied ?? ""],
      behindTransactions === undefined ? "" : `${behindTransactions} tx`,
      lagSeconds === undefined ? "" : `${lagSeconds.toFixed(1)}s`,
    ],
    problem: problemOf(status),
    warnings: status.warnings,
  };
}

function problemOf({ problem, stoppedAt, remedy }: LinkStatus): string | undefined {
  if (problem === undefined) return undefined;
  const skip =
    stoppedAt === undefined
      ? ""
      : `\n  it stopped at ${stoppedAt}; without it: hotsite replication skip ${stoppedAt} --reason "…"`;
  return `${problem}${remedy === undefined ? "" : `\n  ${remedy}`}${skip}`;
}
