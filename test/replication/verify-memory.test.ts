import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { VerifyMemory } from "../../replication/verify-memory.ts";
import { Pace, type VerifyProgress } from "../../replication/verify-progress.ts";

const signal = new AbortController().signal;

/** Time that passes only while somebody sleeps. */
function sleeper(): Clock & { ms: number } {
  return {
    ms: 1_000_000,
    now() {
      return this.ms;
    },
    sleep(ms) {
      this.ms += ms;
      return Promise.resolve();
    },
  };
}

describe("the memory of a comparison", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hotsite-verify-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = (clock: Clock, { scope = "shop", resume = true } = {}) =>
    VerifyMemory.open({ path: join(folder, "verify.json"), scope, resume }, clock);
  const difference = {
    ...{ table: "shop.a", sourceRows: 3, targetRows: 2, differing: 1, missing: 1, surplus: 0 },
    ...{ keys: ["(1)"], changing: 0, uncompared: [] },
  };
  const part = {
    after: [2n ** 60n, Buffer.from("ü"), "1.50", null],
    ...{ sourceRows: 2000, targetRows: 1999, suspects: [[7, Buffer.from([0]), "-0", null]] },
  };

  test("has the tables that were done, and the part of the one that was begun, with keys of any type", async () => {
    const clock = sleeper();
    const first = await open(clock);
    await first.tableDone(difference);
    clock.ms += 10_000;
    await first.partDone("shop.b", () => part);
    const next = await open(clock);
    expect(next.done).toEqual([difference]);
    expect(next.begun("shop.b")).toEqual(part);
    expect(next.begun("shop.c")).toBeUndefined();
  });

  test("begins anew without being told to resume, of another comparison, and when the file is no such memory", async () => {
    const clock = sleeper();
    await (await open(clock)).tableDone(difference);
    expect((await open(clock, { resume: false })).done).toEqual([]);
    expect((await open(clock, { scope: "other" })).done).toEqual([]);
    await writeFile(join(folder, "verify.json"), "{");
    expect((await open(clock)).done).toEqual([]);
  });

  test("is gone after the end", async () => {
    const clock = sleeper();
    const memory = await open(clock);
    await memory.tableDone(difference);
    await memory.forget();
    expect((await open(clock)).done).toEqual([]);
  });
});

describe("the pace of a comparison", () => {
  test("goes no faster than it may, and tells how far it is", async () => {
    const clock = sleeper();
    const seen: VerifyProgress[] = [];
    const options = {
      clock,
      maxRowsPerSecond: 1000,
      onProgress: (progress: VerifyProgress) => seen.push(progress),
    };
    const pace = new Pace({ tables: 2, rows: 5000 }, options);
    pace.tableBegins("shop.a");
    pace.rowsKnown(1000);
    for (let chunk = 0; chunk < 3; chunk += 1) await pace.rowsDone(2000, signal);
    pace.tableDone();
    expect(clock.ms).toBe(1_006_000);
    expect(seen.at(-1)).toEqual({
      ...{ table: "shop.a", tables: { done: 1, of: 2 }, rows: { done: 7000, of: 7000 } },
      ...{ ms: 6000, rowsCompared: 6000 },
    });
  });
});
