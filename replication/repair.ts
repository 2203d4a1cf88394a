import type { BatchOutcome } from "./repair-batch.ts";
import type { Row } from "./record.ts";
import { keyIdentity } from "./touched-keys.ts";

/** What could not be repaired of the rows that were to be. */
export interface Unrepaired {
  /** They were being changed each time, or have a value that another such row still has. */
  readonly changing: readonly Row[];
  /** The target does not take them. */
  readonly refused: readonly Row[];
}

/** Writes a batch, or nothing of it. */
export type WriteBatch = (keys: readonly Row[]) => Promise<BatchOutcome>;

/** Short enough that the stream hardly notices. */
const batchKeys = 500;
const attempts = 30;

/**
 * Writes all of these rows in batches. Where a row needs a value that another one has, that one differs as well, so a larger batch has them
 * both; in the end all of them are in one.
 */
export async function repairRows(write: WriteBatch, keys: readonly Row[]): Promise<Unrepaired> {
  let left: readonly Row[] = keys;
  const refused: Row[] = [];
  for (let attempt = 0; attempt < attempts && left.length > 0; attempt += 1) {
    const again: Row[] = [];
    let size = batchKeys;
    for (let from = 0; from < left.length;) {
      const batch = left.slice(from, from + size);
      const { unknown, ...bad } = await write(batch);
      if (bad.blocked.length > 0 && from + size < left.length) {
        size *= 2;
        continue;
      }
      again.push(...unknown);
      await writeRest(write, batch, bad, { again, refused });
      from += batch.length;
    }
    left = again;
  }
  return { changing: left, refused };
}

/** When some are not taken nothing of a batch is written, so the others are written without them. */
async function writeRest(
  write: WriteBatch,
  batch: readonly Row[],
  bad: Pick<BatchOutcome, "blocked" | "refused">,
  { again, refused }: { readonly again: Row[]; readonly refused: Row[] },
): Promise<void> {
  let [rest, { blocked, refused: never }] = [batch, bad];
  while (blocked.length + never.length > 0) {
    again.push(...blocked);
    refused.push(...never);
    rest = without(rest, [...blocked, ...never, ...again]);
    if (rest.length === 0) return;
    const outcome = await write(rest);
    again.push(...outcome.unknown);
    [blocked, never] = [outcome.blocked, outcome.refused];
  }
}

function without(keys: readonly Row[], some: readonly Row[]): readonly Row[] {
  const out = new Set(some.map(keyIdentity));
  return keys.filter((key) => !out.has(keyIdentity(key)));
}
