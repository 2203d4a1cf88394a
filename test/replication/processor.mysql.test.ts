import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import { RetryableError } from "../../core/errors.ts";
import { silentLogger } from "../../core/logger.ts";
import { Processor } from "../../replication/processor.ts";
import { Target as Connection } from "../../replication/target.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { badPath } from "../support/bad-path.ts";
import { onlyMariadb, ProcessorRig } from "./processor-rig.ts";
import { insert, remove, update } from "./stream.ts";

jest.setTimeout(60_000);

describe.each(["MariaDB 10.11", "MySQL 9.7"] as const)("the processor to %s", (target) => {
  const rig = new ProcessorRig(target);
  beforeAll(() => rig.open());
  afterAll(() => rig.close());
  beforeEach(() => rig.begin());
  afterEach(() => rig.end());

  test("transactions land on a read-only target, and the checkpoint with them", async () => {
    await rig.feeder.transactions([insert([1, 10], [2, 20])], [update([1, 10], [1, 11])], [remove([2, 20])]);
    await rig.apply();
    expect(await rig.rows()).toEqual([{ id: 1, v: 11 }]);
    expect(await rig.checkpoint()).toEqual([3, rig.source.position(3)]);
    expect(await rig.writesOfItsOwn()).toBe("");
  });

  test("what is applied already is not applied again", async () => {
    await rig.feeder.transactions([insert([1, 1])]);
    await rig.apply();
    await rig.feeder.transactions([insert([2, 2])], [insert([3, 3])]);
    await rig.apply();
    await rig.apply();
    expect(await rig.rows()).toHaveLength(3);
  });

  onlyMariadb(target)("the second application of a number is refused by the server itself", async () => {
    await rig.feeder.transactions([insert([1, 1])]);
    await rig.apply();
    await rig.server.query(
      "SET sql_log_bin = 0",
      "UPDATE hotsite.checkpoint SET sequence = 0",
      "DELETE FROM shop.t",
    );
    await expect(rig.apply()).rejects.toMatchObject({ code: "diverged" });
    expect(await rig.rows()).toEqual([]);
  });

  test("a transaction without changes still moves the position", async () => {
    await rig.feeder.transactions([]);
    await rig.apply();
    expect(await rig.checkpoint()).toEqual([1, rig.source.position(1)]);
  });

  test("parts of a large transaction become visible together", async () => {
    await rig.feeder.records(rig.feeder.transaction([insert([1, 1])], 1, false));
    await rig.feeder.records(rig.feeder.transaction([insert([2, 2])], 2, false));
    await rig.apply();
    expect(await rig.rows()).toEqual([]);
    await rig.feeder.records(
      rig.feeder.transaction([insert([3, 3])], 3, true),
      rig.feeder.transaction([remove([1, 1])]),
    );
    await rig.apply();
    expect(await rig.rows()).toEqual([
      { id: 2, v: 2 },
      { id: 3, v: 3 },
    ]);
    expect(await rig.checkpoint()).toEqual([4, rig.source.position(2)]);
  });

  test("parts that are taken back leave nothing", async () => {
    await rig.feeder.records(
      rig.feeder.transaction([insert([1, 1])], 1, false),
      { kind: "abort" },
      rig.feeder.transaction([insert([1, 5])], 1, true),
    );
    await rig.apply();
    expect(await rig.rows()).toEqual([{ id: 1, v: 5 }]);
  });

  test.each([
    ["a row that is missing", () => update([7, 1], [7, 2]), "update shop.t, key (7): 0 rows instead of 1"],
    ["a row to delete that is missing", () => remove([1, 1], [7, 1]), "delete from shop.t, key (7)"],
    ["a row that is there already", () => insert([5, 1], [1, 1]), "insert into shop.t, key (1)"],
  ])("%s stops the stream with record, table and key", async (_name, change, problem) => {
    await rig.feeder.transactions([insert([1, 1])], [insert([2, 2])], [change()], [insert([9, 9])]);
    await expect(rig.apply()).rejects.toMatchObject({
      code: "diverged",
      message: expect.stringContaining(problem),
      details: { sequence: 3, gtid: rig.source.gtid(3) },
    });
    expect(await rig.rows()).toEqual([]);
    expect(await rig.checkpoint()).toEqual([0, ""]);
  });

  test("a log that lost records, or skips some, stops the stream", async () => {
    await rig.feeder.transactions([insert([1, 1])], [insert([2, 2])]);
    await rig.apply();
    await rig.loseLog();
    await expect(rig.apply()).rejects.toMatchObject({ code: "log-lost" });
  });

  test("a stream of an epoch that was promoted here, or is older than the present one, is refused", async () => {
    await rig.server.query("SET sql_log_bin = 0", "INSERT INTO hotsite.authority VALUES (1, 1)");
    await expect(rig.apply()).rejects.toMatchObject({ code: "stale-epoch" });
    await rig.server.query("SET sql_log_bin = 0", "DELETE FROM hotsite.authority");
    await rig.server.query(
      "SET sql_log_bin = 0",
      "INSERT INTO hotsite.checkpoint VALUES ('newer', 2, 0, '', NOW())",
    );
    await expect(rig.apply()).rejects.toMatchObject({ code: "stale-epoch" });
  });

  test("a promotion in the middle ends the stream", async () => {
    await rig.feeder.transactions([insert([1, 1])]);
    const stop = new AbortController();
    const processor = new Processor({
      target: rig.target,
      ...{ log: rig.log, order: rig.order, clock: systemClock, logger: silentLogger },
    });
    const running = processor.run(AbortSignal.any([rig.signal, stop.signal]));
    await rig.until(async () => (await rig.rows()).length === 1, "the first row");
    await rig.server.query("SET sql_log_bin = 0", "INSERT INTO hotsite.authority VALUES (1, 1)");
    await rig.feeder.transactions([insert([2, 2])]);
    await expect(running).rejects.toMatchObject({ code: "stale-epoch" });
    expect(await rig.rows()).toHaveLength(1);
  });

  test("a stream without a copy is refused where the target has written what the source does not know", async () => {
    await rig.server.query("INSERT INTO shop.t VALUES (1, 1)");
    await expect(rig.apply()).rejects.toMatchObject({ code: "diverged" });
    await rig.apply({ order: rig.orderOf({ start: await rig.position() }) });
    expect((await rig.checkpoint())?.[0]).toBe(0);
  });

  test("two processors of one stream apply each transaction once", async () => {
    for (let id = 1; id <= 60; id += 1) await rig.feeder.transactions([insert([id, id])]);
    await Promise.all([rig.apply(), rig.apply(), rig.apply()]);
    expect(await rig.rows()).toHaveLength(60);
    expect(await rig.checkpoint()).toEqual([60, rig.source.position(60)]);
  });

  test("a killed target is awaited, and nothing is lost or doubled", async () => {
    for (let id = 1; id <= 40; id += 1) await rig.feeder.transactions([insert([id, id])]);
    const applying = rig.apply();
    await rig.until(async () => (await rig.rows()).length > 0, "the first row");
    await rig.server.kill();
    await rig.server.restart();
    await applying;
    expect(await rig.rows()).toHaveLength(40);
  });

  test("a processor that is gone without a word, with a transaction open, is in the way of its successor for seconds only", async () => {
    await rig.feeder.records(rig.feeder.transaction([insert([1, 1])], 1, false));
    await using path = await badPath(rig.server.port);
    const gone = new AbortController();
    const first = rig.processor({ target: { ...rig.target, port: path.port } }).run(gone.signal);
    const uncommitted = async (): Promise<number> =>
      (await rig.server.query("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", "SELECT * FROM shop.t"))
        .length;
    await rig.until(async () => (await uncommitted()) === 1, "an open transaction");
    path.stall();
    gone.abort();
    await first;
    expect(await uncommitted()).toBe(1);
    await rig.feeder.records(rig.feeder.transaction([insert([2, 2])], 2, true));
    await rig.apply();
    expect(await rig.rows()).toHaveLength(2);
  });

  test("a statement may take long; a target, or a way to it, that is gone without a word is noticed while one does", async () => {
    const gone = { code: "target-unreachable", retryable: true };
    const silence = { lookMs: 100, answerMs: 1000 };
    await using path = await badPath(rig.server.port);
    const target = { ...rig.target, port: path.port };
    await using slow = await Connection.open(target, rig.signal, silence);
    await slow.run("DO SLEEP(1.5)", 0);
    const unheard = expect(slow.run("DO SLEEP(0.5)", 0)).rejects.toMatchObject(gone);
    path.stall("back");
    await unheard;
    await using other = await Connection.open(target, rig.signal, silence);
    const unanswered = expect(other.run("DO SLEEP(60)", 0)).rejects.toMatchObject(gone);
    path.cut();
    await unanswered;
  });

  test("whatever is sent over a connection that the target has ended passes by itself", async () => {
    await using connection = await Connection.open(rig.target, rig.signal);
    const [row] = await connection.rows<{ id: number | string }>("SELECT CONNECTION_ID() AS id");
    const slept = expect(connection.run("DO SLEEP(60)")).rejects.toBeInstanceOf(RetryableError);
    await rig.server.query(`KILL CONNECTION ${row?.id}`);
    await slept;
    // The driver knows by now, and says so in words of its own.
    await expect(connection.run("DO 1")).rejects.toBeInstanceOf(RetryableError);
  });

  test("a target without room for more is asked again, not called diverged", async () => {
    await using connection = await Connection.open(rig.target, rig.signal);
    const tableIsFull = connection.run("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114");
    await expect(tableIsFull).rejects.toMatchObject({ code: "target-full", retryable: true });
  });

  test("a lock that somebody holds is waited for", async () => {
    await rig.feeder.transactions([insert([1, 1])]);
    await rig.apply();
    const holder = await rig.server.connect();
    try {
      await holder.query("SET sql_log_bin = 0");
      await holder.query("BEGIN");
      await holder.query("SELECT * FROM shop.t WHERE id = 1 FOR UPDATE");
      await rig.feeder.transactions([update([1, 1], [1, 2])]);
      const applying = rig.apply();
      await Promise.race([applying, rig.until(async () => (await waiting(rig.server)) > 0, "a lock wait")]);
      await holder.query("ROLLBACK");
      await applying;
    } finally {
      await holder.end();
    }
    expect(await rig.rows()).toEqual([{ id: 1, v: 2 }]);
  });
});

/** From the status counter: information_schema.innodb_trx answers from a cache that frequent readers keep from ever being renewed. */
async function waiting(server: DatabaseServer): Promise<number> {
  const [row] = await server.query("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'");
  return Number(row?.Value);
}
