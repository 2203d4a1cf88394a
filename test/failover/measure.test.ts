import { describe, expect, test } from "@jest/globals";
import type { Request } from "../../failover/client.ts";
import type { LedgerAttempt } from "../../failover/ledger-writer.ts";
import { classifyLoss, compareLedger, failuresOf, latencyOf, outageOf } from "../../failover/measure.ts";

/** One request each 100 ms; `x` fails, `.` is answered, `h` hangs for 5 s and fails. */
function requests(story: string): readonly Request[] {
  return story.split("").map((sign, index) => {
    const startedMs = index * 100;
    const endedMs = startedMs + (sign === "h" ? 5000 : 10);
    return {
      startedMs,
      endedMs,
      ok: sign === ".",
      outcome: sign === "." ? "200" : sign === "h" ? "timeout" : "503",
    };
  });
}

describe("the outage that a client saw", () => {
  test("lasts from the last good answer to the tenth good one in a row", () => {
    const outage = outageOf(requests(`.....xxxxx${".".repeat(12)}`), 450);
    expect(outage).toMatchObject({
      lastGoodMs: 410,
      firstBadMs: 510,
      stableMs: 1910,
      failed: 5,
      seconds: 1.5,
    });
  });

  test("is none when no request failed", () => {
    expect(outageOf(requests("..........................."), 500)).toBeUndefined();
  });

  test("began before the hanging request was given up", () => {
    const outage = outageOf(requests(`...hhhh${"x".repeat(45)}${".".repeat(20)}`), 250);
    expect(outage?.lastGoodMs).toBe(210);
  });

  test("does not end at a few good answers between bad ones", () => {
    const outage = outageOf(requests(`..xx.....xx${".".repeat(12)}`), 150);
    expect(outage).toMatchObject({ failed: 4, stableMs: 2010 });
  });

  test("has no length when it never ended", () => {
    expect(outageOf(requests("...xxxx..."), 250)).toMatchObject({
      stableMs: undefined,
      seconds: undefined,
      failed: 4,
    });
  });

  test("does not count a failure from before the fault", () => {
    expect(outageOf(requests(".x.............."), 300)).toBeUndefined();
  });

  test("is described by what clients got and how long good answers took", () => {
    const all = requests("..xh");
    expect(failuresOf(all)).toEqual({ "503": 1, timeout: 1 });
    expect(latencyOf(all)).toEqual({ p50Ms: 10, p99Ms: 10, maxMs: 10 });
    expect(latencyOf(requests("xx"))).toBeUndefined();
  });
});

describe("the ledger", () => {
  const attempt = (id: number, ackedMs?: number): LedgerAttempt => ({
    entry: { id, drill: "d", writtenMs: id },
    site: "east",
    ackedMs,
  });
  const entry = (id: number) => ({ id, drill: "d", writtenMs: id });

  test("tells what was confirmed and is missing, and what is there without having been confirmed", () => {
    const result = compareLedger(
      [attempt(1, 10), attempt(2, 20), attempt(3), attempt(4), attempt(5, 90)],
      [entry(1), entry(3), entry(5)],
    );
    expect(result.lost.map(({ entry: { id } }) => id)).toEqual([2]);
    expect(result).toMatchObject({
      attempted: 5,
      confirmed: 3,
      committedUnconfirmed: 1,
      duplicated: 0,
      unknown: 0,
      longestGapMs: 70,
    });
  });

  test("tells what is there twice, and what nobody wrote", () => {
    expect(compareLedger([attempt(1, 10)], [entry(1), entry(1), entry(9)])).toMatchObject({
      duplicated: 1,
      unknown: 1,
    });
  });

  test("sorts the lost transactions into confirmed, unconfirmed, undecided, the application's and Hotsite's own", () => {
    const lost = (ledgerIds: number[], internal = false, xid?: string) => ({
      ...(xid !== undefined && { xid }),
      gtid: "",
      committedMs: 0,
      tables: [],
      changes: [],
      ledgerIds,
      internal,
    });
    const loss = {
      site: "east",
      epoch: 2,
      after: "",
      upTo: "",
      transactions: [lost([2]), lost([3]), lost([]), lost([], true), lost([2], false, "X'61',X'',1")],
    };
    expect(classifyLoss(loss, [attempt(2, 20), attempt(3)])).toEqual({
      total: 5,
      confirmed: 1,
      unconfirmed: 1,
      application: 1,
      internal: 1,
      undecided: 1,
    });
  });
});
