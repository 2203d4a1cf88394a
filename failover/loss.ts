import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { HotsiteError, messageOf } from "../core/errors.ts";
import { comparePositions, formatPosition, ofOrigin, parsePosition } from "../core/position.ts";
import type { DatabaseState } from "../core/protection.ts";
import type { Step } from "../core/workflow.ts";
import type { Facts } from "../lifecycle/facts.ts";
import type { ReprotectInput } from "./reprotect.ts";
import type { ProtectionWorld } from "./world.ts";

const lostTransaction = z.strictObject({
  gtid: z.string(),
  xid: z.string().optional(),
  committedMs: z.number(),
  tables: z.array(z.string()),
  ledgerIds: z.array(z.number()),
  changes: z.array(z.string()),
  internal: z.boolean(),
});

const loss = z.strictObject({
  site: z.string(),
  epoch: z.int(),
  /** Positions, of what the old primary wrote itself: what the new one had, and what the old one had. */
  after: z.string(),
  upTo: z.string(),
  transactions: z.array(lostTransaction),
});
/** What only the old primary had when it failed. */
export type Loss = z.infer<typeof loss>;

const read = z.strictObject({
  /** Null when there was no failover to settle; a count of null: it could not be read, and a person went on all the same. */
  lost: z
    .strictObject({
      count: z.int().nullable(),
      evidence: z.string().nullable(),
      problem: z.string().optional(),
    })
    .nullable(),
});

/** The guard that what only the old primary has can be read before its data is replaced. */
export const EVIDENCE = "evidence";

/** Reads what the new primary lacks from the old one's own binlog, and keeps it: its data is about to be replaced. */
export function readLoss({
  standby,
  failover,
  skip,
}: ReprotectInput): Step<ProtectionWorld, z.infer<typeof read>> {
  return {
    name: `${standby}: keep what only it has`,
    output: read,
    // Evidence stays, also when the rest is taken back.
    readOnly: true,
    async run(world, signal) {
      if (failover === null) return { lost: null };
      try {
        const found = await lossAt(world, standby, failover, signal);
        await world.store.put(keyOf(world, failover.epoch), found);
        return { lost: { count: found.transactions.length, evidence: await writeEvidence(world, found) } };
      } catch (cause) {
        signal.throwIfAborted();
        if (!(cause instanceof HotsiteError) || cause.retryable) throw cause;
        if (skip.includes(EVIDENCE))
          return { lost: { count: null, evidence: null, problem: messageOf(cause) } };
        throw unreadable(standby, cause);
      }
    },
  };
}

async function lossAt(
  world: ProtectionWorld,
  site: string,
  failover: NonNullable<Facts["failover"]>,
  signal: AbortSignal,
): Promise<Loss> {
  const { epoch, undecided } = failover;
  const { after, upTo } = onlyAt(failover, await world.database(site).state(signal));
  const transactions = await world.lostTransactions(site, { from: after, to: upTo, undecided }, signal);
  return loss.parse({ site, epoch, after, upTo, transactions });
}

/** From what the new primary had of the old one's own writes to the last of them. A database that has less than that is not the one that was lost. */
function onlyAt(
  { to, applied }: NonNullable<Facts["failover"]>,
  { position, origin }: DatabaseState,
): { readonly after: string; readonly upTo: string } {
  const own = ofOrigin(parsePosition(position), origin);
  const had = ofOrigin(parsePosition(applied), origin);
  const [after, upTo] = [formatPosition(had), formatPosition(own)];
  const isAnother = after === "" && applied !== "";
  if (!isAnother && ["behind", "equal"].includes(comparePositions(had, own))) return { after, upTo };
  throw new HotsiteError(
    "replaced",
    `its database has written ${upTo || "nothing"}, and ${to} had ${after || applied} of it: it was replaced or set back`,
  );
}

function unreadable(site: string, cause: HotsiteError): HotsiteError {
  return new HotsiteError("evidence", `what only ${site} has cannot be read: ${cause.message}`, {
    cause,
    hint: `keep what you need of its disk; then replace its data, uncounted: hotsite reprotect --force ${EVIDENCE}`,
  });
}

/** What the failover to this epoch lost; undefined when it is not known (yet). */
export async function lossOf(world: ProtectionWorld, epoch: number): Promise<Loss | undefined> {
  const kept = await world.store.get(keyOf(world, epoch));
  return kept === undefined ? undefined : loss.parse(kept.value);
}

/** A file for the person who decides what to enter again; it holds row data, so only its owner may read it. */
async function writeEvidence({ reportsFolder }: ProtectionWorld, found: Loss): Promise<string | null> {
  if (found.transactions.length === 0) return null;
  const path = evidencePath(reportsFolder, found.epoch);
  await mkdir(reportsFolder, { recursive: true });
  await writeFile(path, `${JSON.stringify(found, null, 2)}\n`, { mode: 0o600 });
  return path;
}

/** Where the evidence of the failover to this epoch is, if anything was lost. */
export function evidencePath(reportsFolder: string, epoch: number): string {
  return join(reportsFolder, `lost-epoch-${epoch}.json`);
}

function keyOf({ application }: ProtectionWorld, epoch: number): string {
  return `evidence/${application.name}/${epoch}`;
}
