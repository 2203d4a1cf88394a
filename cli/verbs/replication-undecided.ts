import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import type { XaDecision } from "../../core/protection.ts";
import { openLinkIfAny } from "../link-session.ts";
import { openSession } from "../session.ts";
import { table } from "../table.ts";
import { undecidedOfApplication, undecidedOfLink, type Undecided } from "../undecided.ts";
import type { Call, Outcome } from "../verb.ts";

const transaction = z.strictObject({
  site: z.string().describe("where it is prepared; of link.ts: source"),
  xid: z.string().describe("as `XA COMMIT` and `XA ROLLBACK` take it, and this verb"),
  gtid: z.string().optional().describe("under which it was prepared, where the link knows it"),
  preparedMs: z.number().optional().describe("when, where the link knows it"),
  lost: z
    .boolean()
    .describe("its site was lost or is the standby now: its rows are not in the primary, and never will be"),
});

/** What `--json` prints. */
export const outcome = z.union([
  z.strictObject({
    transactions: z.array(transaction),
    problems: z
      .array(z.string())
      .describe("databases that could not be asked; of them what the link knew last"),
  }),
  z.strictObject({ site: z.string(), xid: z.string(), now: z.enum(["committed", "rolled back"]) }),
]);

/** Lists what XA has prepared and nobody has decided on, or decides on one. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const decision = decisionOf(call);
  const link = await openLinkIfAny(call);
  if (link !== undefined)
    return await work(await undecidedOfLink(link, call, signal), decision, call, signal);
  await using session = await openSession(call);
  return await work(await undecidedOfApplication(session, signal), decision, call, signal);
}

type Wanted = Omit<XaDecision, "by">;

function decisionOf({ options }: Call): Wanted | undefined {
  const { commit, rollBack, reason = "" } = options;
  const xid = commit ?? rollBack;
  if (xid === undefined) return undefined;
  if (commit !== undefined && rollBack !== undefined)
    throw new HotsiteError("usage", "a transaction is committed or rolled back", {
      hint: "give --commit or --roll-back",
    });
  if (reason.trim() === "")
    throw new HotsiteError("usage", "it is decided for a reason, which is kept", {
      hint: 'add --reason "…"',
    });
  return { xid, decision: commit === undefined ? "roll back" : "commit", reason };
}

async function work(
  undecided: Undecided,
  wanted: Wanted | undefined,
  { options: { site } }: Call,
  signal: AbortSignal,
): Promise<Outcome<typeof outcome>> {
  const { problems } = undecided;
  const listed = undecided.transactions.filter((one) => site === undefined || one.site === site);
  if (wanted === undefined)
    return { text: listText(listed, problems), json: { transactions: listed, problems } };
  const one = chosen(listed, wanted);
  const by = `${userInfo().username}@${hostname()}`;
  await undecided.decide(one.site, { ...wanted, xid: one.xid, by }, signal);
  const now = wanted.decision === "commit" ? "committed" : "rolled back";
  const text = `${one.xid} is ${now} at ${one.site}; kept in hotsite.decided there`;
  return { text, json: { site: one.site, xid: one.xid, now } };
}

type Transaction = z.infer<typeof transaction>;

/** The one that is meant; a commit at a site that is not the primary would vanish with its data. */
function chosen(listed: readonly Transaction[], { xid, decision }: Wanted): Transaction {
  const [one, other] = listed.filter((transaction) => unquoted(transaction.xid) === unquoted(xid));
  if (one === undefined)
    throw new HotsiteError("not-prepared", `nothing undecided has the id ${xid}`, {
      hint: "hotsite replication undecided lists them",
    });
  if (other !== undefined)
    throw new HotsiteError("usage", `${xid} is prepared at ${one.site} and at ${other.site}`, {
      hint: `name one: --site ${one.site}`,
    });
  if (decision === "commit" && one.lost)
    throw new HotsiteError(
      "not-primary",
      `${one.site} is not the primary: what is committed there is lost when it becomes the standby`,
      { hint: "hotsite reprotect keeps its rows in a file; enter them at the primary" },
    );
  return one;
}

/** A shell takes the quotes away. */
function unquoted(xid: string): string {
  return xid.replaceAll("'", "");
}

function listText(transactions: readonly Transaction[], problems: readonly string[]): string {
  const trouble = problems.map((problem) => `  ${problem}`);
  if (transactions.length === 0)
    return [
      problems.length === 0 ? "nothing is undecided" : "nothing is known to be undecided",
      ...trouble,
    ].join("\n");
  const rows = transactions.map(({ site, xid, gtid = "", preparedMs, lost }) => [
    ...[site, xid, preparedMs === undefined ? "" : new Date(preparedMs).toISOString(), gtid],
    lost ? "not in the primary" : "",
  ]);
  return [table(["SITE", "XID", "PREPARED", "GTID", ""], rows), ...trouble].join("\n");
}
