import { messageOf } from "../core/errors.ts";
import type { PreparedByXa, XaDecision } from "../core/protection.ts";
import { Controls } from "../lifecycle/controls.ts";
import { needFacts } from "../lifecycle/facts.ts";
import { Source } from "../replication/source.ts";
import { endsOf } from "../replication/standalone/ends.ts";
import { decideAt, undecidedAt } from "../replication/undecided.ts";
import { ofLink } from "./link-operator.ts";
import type { LinkSession } from "./link-session.ts";
import type { Session } from "./session.ts";
import type { Call } from "./verb.ts";

/** What XA has prepared and nobody has decided on, and who can be told. */
export interface Undecided {
  readonly transactions: UndecidedTransaction[];
  /** Databases that could not be asked. */
  readonly problems: string[];
  decide(site: string, decision: XaDecision, signal: AbortSignal): Promise<void>;
}

export interface UndecidedTransaction extends Partial<Omit<PreparedByXa, "xid">> {
  readonly site: string;
  readonly xid: string;
  /** Its site is not the primary any more. */
  readonly lost: boolean;
}

/** Of an application's two sites. Of one that does not answer it gives what the link knew last. */
export async function undecidedOfApplication({ world }: Session, signal: AbortSignal): Promise<Undecided> {
  const controls = new Controls(world);
  const { activeSite, standbySite, failover } = await needFacts(world);
  const status = await controls.link(standbySite).status(signal).catch(unknown);
  const asked = await Promise.all(
    [
      listed(activeSite, status?.prepared ?? [], (inner) => controls.database(activeSite).undecided(inner)),
      listed(standbySite, failover?.undecided ?? [], (inner) =>
        controls.database(standbySite).undecided(inner),
      ),
    ].map((ask) => ask(signal)),
  );
  return {
    transactions: asked.flatMap(({ site, found }) =>
      found.map((one) => ({ site, ...one, lost: site !== activeSite })),
    ),
    problems: asked.flatMap(({ problem }) => problem ?? []),
    decide: (site, decision, inner) => controls.database(site).decide(decision, inner),
  };
}

/** Of the source that `link.ts` names, as the link's user there. */
export async function undecidedOfLink(
  session: LinkSession,
  call: Call,
  signal: AbortSignal,
): Promise<Undecided> {
  const { source } = await endsOf(session.declaration, session.place);
  const known = await ofLink(session, call, ({ status }) => status(signal), signal).catch(unknown);
  const ask = listed("source", known?.prepared ?? [], async (inner) => {
    await using connection = await Source.open(source, inner);
    return await undecidedAt(connection);
  });
  const { found, problem } = await ask(signal);
  return {
    transactions: found.map((one) => ({ site: "source", ...one, lost: false })),
    problems: problem === undefined ? [] : [problem],
    async decide(_site, decision, inner) {
      await using connection = await Source.open(source, inner);
      await decideAt(connection, decision);
    },
  };
}

type Known = Pick<UndecidedTransaction, "xid" | "gtid" | "preparedMs">;

/** What the database has, with what the link knows of it. */
function listed(
  site: string,
  known: readonly PreparedByXa[],
  ask: (signal: AbortSignal) => Promise<readonly string[]>,
): (signal: AbortSignal) => Promise<{ site: string; found: readonly Known[]; problem?: string }> {
  return async (signal) => {
    try {
      const xids = await ask(signal);
      return { site, found: xids.map((xid) => known.find((one) => one.xid === xid) ?? { xid }) };
    } catch (error) {
      signal.throwIfAborted();
      return { site, found: known, problem: `${site}: ${messageOf(error)}` };
    }
  };
}

/** The link does not answer: the databases do without it. */
function unknown(): undefined {
  return undefined;
}
