import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { comparePositions, formatPosition, ofOrigin, parsePosition } from "../core/position.ts";
import type { Step } from "../core/workflow.ts";
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
  /** Null when there was no failover to settle. */
  lost: z.strictObject({ count: z.int(), evidence: z.string().nullable() }).nullable(),
});

/** Reads what the new primary lacks from the old one's own binlog, and keeps it: its data is about to be replaced. */
export function readLoss({ standby, failover }: ReprotectInput): Step<ProtectionWorld, z.infer<typeof read>> {
  return {
    name: `${standby}: keep what only it has`,
    output: read,
    // Evidence stays, also when the rest is taken back.
    readOnly: true,
    async run(world, signal) {
      if (failover === null) return { lost: null };
      const { position, origin } = await world.database(standby).state(signal);
      const own = ofOrigin(parsePosition(position), origin);
      const applied = ofOrigin(parsePosition(failover.applied), origin);
      const [after, upTo] = [formatPosition(applied), formatPosition(own)];
      const behind = comparePositions(applied, own) === "behind";
      const range = { from: after, to: behind ? upTo : after, undecided: failover.undecided };
      const transactions = await world.lostTransactions(standby, range, signal);
      const found: Loss = loss.parse({ site: standby, epoch: failover.epoch, after, upTo, transactions });
      await world.store.put(keyOf(world, failover.epoch), found);
      return { lost: { count: transactions.length, evidence: await writeEvidence(world, found) } };
    },
  };
}

/** What the failover to this epoch lost; undefined when it is not known (yet). */
export async function lossOf(world: ProtectionWorld, epoch: number): Promise<Loss | undefined> {
  const kept = await world.store.get(keyOf(world, epoch));
  return kept === undefined ? undefined : loss.parse(kept.value);
}

/** A file for the person who decides what to enter again; it holds row data, so only its owner may read it. */
async function writeEvidence({ reportsFolder }: ProtectionWorld, found: Loss): Promise<string | null> {
  if (found.transactions.length === 0) return null;
  const path = join(reportsFolder, `lost-epoch-${found.epoch}.json`);
  await mkdir(reportsFolder, { recursive: true });
  await writeFile(path, `${JSON.stringify(found, null, 2)}\n`, { mode: 0o600 });
  return path;
}

function keyOf({ application }: ProtectionWorld, epoch: number): string {
  return `evidence/${application.name}/${epoch}`;
}
