import { describe, expect, test } from "@jest/globals";
import { repairRows, type WriteBatch } from "../../replication/repair.ts";
import type { Row } from "../../replication/record.ts";

const keys = (count: number): Row[] => Array.from({ length: count }, (_, id) => [id]);
const good = { unknown: [], blocked: [], refused: [] };

/** Rows of which each has to be written together with others, or never is taken. */
function table(rules: {
  readonly together?: number;
  readonly refuses?: (id: number) => boolean;
  readonly changing?: (id: number, attempt: number) => boolean;
}) {
  const written = new Set<number>();
  const sizes: number[] = [];
  let attempt = 0;
  const write: WriteBatch = (batch) => {
    attempt += 1;
    sizes.push(batch.length);
    const ids = batch.map(([id]) => Number(id));
    const refused = ids.filter((id) => rules.refuses?.(id) ?? false);
    if (refused.length > 0) return Promise.resolve({ ...good, refused: refused.map((id) => [id]) });
    const alone = ids.length < (rules.together ?? 0);
    if (alone) return Promise.resolve({ ...good, blocked: batch.slice(-1) });
    const unknown = ids.filter((id) => rules.changing?.(id, attempt) ?? false);
    for (const id of ids) if (!unknown.includes(id)) written.add(id);
    return Promise.resolve({ ...good, unknown: unknown.map((id) => [id]) });
  };
  return { write, written, sizes };
}

describe("a repair of many rows", () => {
  test("writes each once, in batches", async () => {
    const { write, written, sizes } = table({});
    expect(await repairRows(write, keys(1200))).toEqual({ changing: [], refused: [] });
    expect(written.size).toBe(1200);
    expect(sizes).toEqual([500, 500, 200]);
  });

  test("takes more rows together where one waits for another", async () => {
    const { write, written } = table({ together: 1500 });
    expect(await repairRows(write, keys(1500))).toEqual({ changing: [], refused: [] });
    expect(written.size).toBe(1500);
  });

  test("writes all but those that the target refuses", async () => {
    const { write, written } = table({ refuses: (id) => id % 400 === 7 });
    const { changing, refused } = await repairRows(write, keys(1000));
    expect({ changing, refused }).toEqual({ changing: [], refused: [[7], [407], [807]] });
    expect(written.size).toBe(997);
  });

  test("comes back to rows that were being changed, and tells those that always are", async () => {
    const { write, written } = table({ changing: (id, attempt) => id === 3 || (id === 4 && attempt < 3) });
    expect(await repairRows(write, keys(10))).toEqual({ changing: [[3]], refused: [] });
    expect(written.has(4)).toBe(true);
  });

  test("a row that is always blocked keeps no other one from being written", async () => {
    const written = new Set<unknown>();
    const write: WriteBatch = (batch) => {
      const blocked = batch.filter(([id]) => id === 5);
      if (blocked.length > 0) return Promise.resolve({ ...good, blocked });
      for (const [id] of batch) written.add(id);
      return Promise.resolve(good);
    };
    expect(await repairRows(write, keys(600))).toEqual({ changing: [[5]], refused: [] });
    expect(written.size).toBe(599);
  });
});
