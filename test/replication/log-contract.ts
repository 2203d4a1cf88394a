import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Log, LogBatch } from "../../core/log.ts";

/** How a test gets at one kind of log. */
export interface LogUnderTest {
  readonly stream: string;
  /** The same log each time: what was written before is there. */
  open(): Promise<Log>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What every log does. */
export function logContract(name: string, make: () => Promise<LogUnderTest>): void {
  describe(name, () => {
    let under: LogUnderTest;
    let log: Log;

    beforeEach(async () => {
      under = await make();
      log = await under.open();
    });

    afterEach(async () => {
      await log[Symbol.asyncDispose]();
      await under[Symbol.asyncDispose]();
    });

    const batch = (first: number, last: number, epoch = 1, text = `${first}`): LogBatch => ({
      stream: under.stream,
      epoch,
      first,
      last,
      payload: Buffer.from(text),
    });

    const reopen = async (): Promise<void> => {
      await log[Symbol.asyncDispose]();
      log = await under.open();
    };

    test("an empty log has no tail", async () => {
      expect(await log.tail()).toBeUndefined();
    });

    test("batches come back in order, as they were written", async () => {
      expect(await log.append(batch(1, 3))).toBe(3);
      expect(await log.append(batch(4, 4))).toBe(4);
      expect(await take(log, 1, 2)).toEqual([plain(batch(1, 3)), plain(batch(4, 4))]);
    });

    test("the tail is the last batch, also after reopening", async () => {
      await log.append(batch(1, 3));
      await log.append(batch(4, 9, 2));
      await reopen();
      expect(plain((await log.tail())!)).toEqual(plain(batch(4, 9, 2)));
    });

    test("reading from within a batch gives that batch", async () => {
      await log.append(batch(1, 3));
      await log.append(batch(4, 9));
      expect(await take(log, 5, 1)).toEqual([plain(batch(4, 9))]);
    });

    test("a reader that waits gets what is appended later", async () => {
      const reading = take(log, 1, 3);
      for (const sequence of [1, 2, 3]) await log.append(batch(sequence, sequence));
      expect((await reading).map(({ first }) => first)).toEqual([1, 2, 3]);
    });

    test("a reader ends when it is told to", async () => {
      const stop = new AbortController();
      const reading = log.read(1, stop.signal)[Symbol.asyncIterator]().next();
      stop.abort();
      expect(await reading).toEqual({ done: true, value: undefined });
    });

    test("a gap is refused and leaves nothing behind", async () => {
      await log.append(batch(1, 3));
      await expect(log.append(batch(5, 6))).rejects.toMatchObject({ code: "log-gap" });
      expect((await log.tail())?.last).toBe(3);
    });

    test("a stream begins at 1", async () => {
      await expect(log.append(batch(2, 2))).rejects.toMatchObject({ code: "log-gap" });
    });

    test("a duplicate and an overlap are refused", async () => {
      await log.append(batch(1, 3));
      await expect(log.append(batch(1, 3))).rejects.toMatchObject({ code: "log-duplicate" });
      await expect(log.append(batch(3, 5))).rejects.toMatchObject({ code: "log-duplicate" });
    });

    test("of two writers of the same record one is refused", async () => {
      const both = await Promise.allSettled([
        log.append(batch(1, 1, 1, "a")),
        log.append(batch(1, 1, 1, "b")),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    });

    test("an older epoch is refused once a newer one has written, also after reopening", async () => {
      await log.append(batch(1, 1, 5));
      await reopen();
      await expect(log.append(batch(2, 2, 4))).rejects.toMatchObject({ code: "stale-epoch" });
      expect(await log.append(batch(2, 2, 5))).toBe(2);
    });

    test("a batch of another stream is refused", async () => {
      await expect(log.append({ ...batch(1, 1), stream: "other" })).rejects.toMatchObject({
        code: "log-bad-batch",
      });
    });

    test("trimming lets go of what is applied, keeps the tail, and reading it then says so", async () => {
      for (const sequence of [1, 2, 3]) await log.append(batch(sequence, sequence));
      await log.trim(2);
      await expect(take(log, 2, 1)).rejects.toMatchObject({ code: "log-trimmed" });
      expect(await take(log, 3, 1)).toEqual([plain(batch(3, 3))]);
      await log.trim(1000);
      expect((await log.tail())?.last).toBe(3);
    });

    test("trimming keeps a batch that is only partly applied", async () => {
      await log.append(batch(1, 5));
      await log.append(batch(6, 6));
      await log.trim(4);
      expect(await take(log, 5, 1)).toEqual([plain(batch(1, 5))]);
    });

    test("closing twice is harmless", async () => {
      await log[Symbol.asyncDispose]();
      await expect(log[Symbol.asyncDispose]()).resolves.toBeUndefined();
    });
  });
}

async function take(log: Log, from: number, count: number): Promise<LogBatch[]> {
  const enough = new AbortController();
  const taken: LogBatch[] = [];
  for await (const batch of log.read(from, enough.signal)) {
    taken.push(plain(batch));
    if (taken.length === count) break;
  }
  return taken;
}

function plain({ stream, epoch, first, last, payload }: LogBatch): LogBatch {
  return { stream, epoch, first, last, payload: Buffer.from(payload) };
}
