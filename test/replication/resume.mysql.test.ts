import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseServer } from "../support/database-server.ts";
import { badPath } from "../support/bad-path.ts";
import { numbers } from "./feeder-support.ts";
import { follow, makeNew, resetSql, ResumeRig, startOne } from "./resume-rig.ts";

jest.setTimeout(180_000);

const insert = (id: number): string => `INSERT INTO shop.t VALUES (${id}, ${id})`;

describe.each(["mariadb", "mysql"] as const)("a link from a %s", (flavour) => {
  let rig: ResumeRig;
  /** Another server of the source's site: its replica, or what stands in for it. */
  let other: DatabaseServer;
  beforeAll(async () => {
    [rig, other] = await Promise.all([ResumeRig.start(flavour), startOne(flavour, 103, { domain: 1 })]);
  });
  afterAll(async () => {
    await Promise.all([rig, other].map((each) => each[Symbol.asyncDispose]()));
  });
  beforeEach(async () => {
    await rig.begin();
    await rig.east.query(insert(1), insert(2));
    await rig.start();
    await rig.equal();
  });

  test("goes on over gaps in the source's numbers, also while it is away", async () => {
    await leaveGap(rig.east);
    await rig.east.query(insert(3));
    await rig.equal();
    await rig.stop();
    await leaveGap(rig.east);
    await rig.east.query(insert(4));
    await rig.start();
    await rig.equal();
  });

  test("carries what is left of savepoints, rolled back transactions, temporary tables, and XA in one phase", async () => {
    await rig.east.query(
      ...["START TRANSACTION", insert(3), "SAVEPOINT one", insert(4), "ROLLBACK TO one", insert(5), "COMMIT"],
      ...["START TRANSACTION", insert(6), "ROLLBACK"],
      ...["CREATE TEMPORARY TABLE shop.scratch (id INT)", "INSERT INTO shop.scratch VALUES (7), (8)"],
      ...["INSERT INTO shop.t SELECT id, id FROM shop.scratch", "DROP TEMPORARY TABLE shop.scratch"],
      ...["XA START 'a'", insert(9), "XA END 'a'", "XA COMMIT 'a' ONE PHASE"],
      ...["XA START 'b'", insert(10), "XA END 'b'", "XA ROLLBACK 'b'"],
    );
    await rig.equal();
    await rig.east.query("TRUNCATE TABLE shop.t", insert(11));
    await rig.equal();
  });

  test("carries what XA prepares where it is committed: by whomever, after a kill of the source, by a link that was started again", async () => {
    const change = "UPDATE shop.t SET v = v + 1 WHERE id = 1";
    await rig.east.query(
      ...["XA START 'a', 'b\\'c', 7", insert(3), "XA END 'a', 'b\\'c', 7", "XA PREPARE 'a', 'b\\'c', 7"],
    );
    await rig.east.query("XA START 'gone'", insert(4), "XA END 'gone'", "XA PREPARE 'gone'");
    await rig.east.query(
      change,
      "XA START 'idle'",
      "SELECT * FROM shop.t",
      "XA END 'idle'",
      "XA PREPARE 'idle'",
    );
    await rig.equal();
    expect(rig.prepared()).toEqual(["X'61',X'622763',7", "X'676f6e65',X'',1"]);
    // As the link knows them, and from the binlog alone.
    expect(await rig.undecidedRows()).toEqual([1, 1, 1, 1]);
    await rig.east.query("XA ROLLBACK 'gone'");
    await rig.stop();
    await rig.east.kill();
    await rig.east.restart();
    await rig.start();
    // A MariaDB may have forgotten that it was rolled back, though its binlog says so.
    await rig.east.query("XA ROLLBACK 'gone'").catch(() => undefined);
    await rig.east.query("XA COMMIT 'a', 'b\\'c', 7", insert(4));
    await rig.equal();
    await rig.east.query(
      ...["XA START 'gone'", change, "SAVEPOINT one", insert(5), "ROLLBACK TO one", change, "XA END 'gone'"],
      ...["XA PREPARE 'gone'", "XA COMMIT 'gone'", change],
    );
    await rig.equal();
    expect(rig.prepared()).toEqual([]);
  });

  test("reads again what XA prepared and is too large to be held, or was prepared before the link began", async () => {
    await rig.east.query("ALTER TABLE shop.t ADD pad LONGTEXT");
    const many = (from: number): string =>
      `INSERT INTO shop.t SELECT ${from} + seq, 0, REPEAT('x', 700000) FROM ${numbers(7)}`;
    await rig.east.query("XA START 'a'", many(100), "XA END 'a'", "XA PREPARE 'a'");
    await rig.equal();
    await rig.east.query("XA COMMIT 'a'", "UPDATE shop.t SET v = 3 WHERE id = 1");
    await rig.equal();
    await rig.east.query("XA START 'b'", many(200), "XA END 'b'", "XA COMMIT 'b' ONE PHASE");
    await rig.equal();
    await rig.east.query("XA START 'c'", insert(3).replace(")", ", '')"), "XA END 'c'", "XA PREPARE 'c'");
    await rig.equal();
    await rig.anew();
    await rig.east.query("XA COMMIT 'c'");
    await rig.equal();
  });

  test("takes the first row of a copy only when what was prepared before it is decided, also from a compressed binlog", async () => {
    await rig.east.query(...compressedSql[flavour]);
    await rig.east.query("XA START 'a'", insert(3), "XA END 'a'", "XA PREPARE 'a'");
    await rig.copy();
    await rig.saysProblem(/first copy waits .*: X'61',X'',1/);
    await rig.east.query("XA COMMIT 'a'", "XA START 'b'", insert(4), "XA END 'b'", "XA PREPARE 'b'");
    await rig.equal();
    await rig.east.query("XA COMMIT 'b'");
    await rig.equal();
  });

  test("goes on over files of a few kilobytes, each ended at once", async () => {
    await rig.east.query("SET GLOBAL max_binlog_size = 4096");
    for (let id = 3; id < 40; id += 1) await rig.east.query(insert(id), "FLUSH BINARY LOGS");
    await rig.equal();
    await rig.east.query("SET GLOBAL max_binlog_size = 1073741824");
  });

  test("goes on while the source's checksums are switched off and on", async () => {
    for (const [id, sum] of [
      [3, "NONE"],
      [4, "CRC32"],
      [5, "NONE"],
      [6, "CRC32"],
    ] as const) {
      await rig.east.query(`SET GLOBAL binlog_checksum = ${sum}`, insert(id));
      await rig.equal();
    }
  });

  test("stops when the source has forgotten its numbers", async () => {
    await rig.stop();
    await rig.east.query(resetSql(rig.east), insert(3));
    await rig.start();
    expect(await rig.failure()).toMatchObject({
      code: "diverged",
      message: expect.stringMatching(/^the source does not have .*; it ends at /),
      hint: expect.stringContaining("first copy"),
    });
  });

  test("stops when the source forgets its numbers while it is read", async () => {
    await rig.east.query("FLUSH BINARY LOGS", "FLUSH BINARY LOGS", insert(3));
    await rig.equal();
    await rig.east.query(resetSql(rig.east), insert(4));
    const { code, hint } = await rig.failure();
    expect(["diverged", "source-refused"]).toContain(code);
    expect(hint).toContain("first copy");
  });

  test("stops when the source writes no binlog any more", async () => {
    await using silent = await startOne(flavour, 105, { extra: withoutBinlog[flavour] });
    await rig.start(silent);
    expect(await rig.failure()).toMatchObject({
      code: "source-refused",
      message: expect.stringContaining("log_bin is OFF"),
    });
  });

  test("stops at a row that somebody has written at the target, and passes over others", async () => {
    await rig.west.query(insert(10), "DELETE FROM shop.t WHERE id = 10", insert(11));
    await rig.east.query(insert(10), insert(11));
    expect(await rig.failure()).toMatchObject({
      code: "diverged",
      message: expect.stringMatching(/insert into shop\.t, key \(11\): Duplicate entry/),
    });
  });

  test("stops when the target's data was taken back and its binlog was not", async () => {
    const [before] = await rig.west.query("SELECT sequence, position FROM hotsite.checkpoint");
    await rig.east.query(insert(3), "CREATE TABLE shop.u (id INT PRIMARY KEY)", insert(4));
    await rig.equal();
    await rig.stop();
    await rig.west.query(
      ...["SET sql_log_bin = 0", "DELETE FROM shop.t WHERE id > 2", "DROP TABLE shop.u"],
      `UPDATE hotsite.checkpoint SET sequence = ${String(before?.["sequence"])}, position = '${String(before?.["position"])}'`,
    );
    await rig.start();
    expect(await rig.failure()).toMatchObject({
      code: "diverged",
      hint: expect.stringContaining("first copy"),
    });
  });

  test("goes on exactly from a server that has taken the source's place, wherever that one is", async () => {
    await makeNew(other);
    await follow(other, rig.east);
    await rig.east.query(insert(3));
    await rig.equal();
    await rig.equal(other);
    await rig.stop();
    // It has what the link has not.
    await rig.east.query(insert(4), "CREATE TABLE shop.u (id INT PRIMARY KEY)", insert(5));
    await rig.caughtUp(other);
    await promote(other);
    await other.query(insert(6));
    await rig.start(other);
    await rig.equal(other);
    expect(await rig.west.query("SELECT * FROM shop.u")).toEqual([]);
    await rig.stop();
    await other.query(insert(7));
    await rig.start(other);
    await rig.equal(other);
  });

  test("stops at a server that has taken the source's place and lacks what the link has", async () => {
    await makeNew(other);
    await follow(other, rig.east);
    await rig.caughtUp(other);
    await promote(other);
    await rig.east.query(insert(3));
    await rig.equal();
    await rig.stop();
    await other.query(insert(4));
    await rig.start(other);
    expect(await rig.failure()).toMatchObject({
      code: "diverged",
      message: expect.stringMatching(/^the source does not have /),
    });
  });

  test("passes over what others write beside it, and stops where they write what it carries, however often it is started", async () => {
    const beside = [
      "CREATE DATABASE aside",
      "CREATE TABLE aside.t (id INT)",
      "INSERT INTO aside.t VALUES (1)",
    ];
    await rig.east.query(...asStranger[flavour](...beside, "DROP DATABASE aside"), insert(3));
    await rig.equal();
    await rig.east.query(...asStranger[flavour](insert(4)), insert(5));
    const stops = { code: "stranger", message: expect.stringMatching(/rows of shop\.t/) };
    expect(await rig.failure()).toMatchObject(stops);
    await rig.start();
    expect(await rig.failure()).toMatchObject(stops);
  });

  test("goes on when the source has a new identity", async () => {
    await rig.stop();
    await rig.east.query(insert(3));
    await newIdentity(rig.east);
    await rig.east.query(insert(4));
    await rig.start();
    await rig.equal();
  });
});

test("a path that falls silent shows as lag while it is so, and the link goes on over another connection", async () => {
  await using rig = await ResumeRig.start("mariadb");
  await rig.begin();
  await using path = await badPath(rig.east.port);
  await rig.start(path);
  await rig.lag((seconds) => seconds < 4);
  path.stall();
  await rig.east.query(insert(1));
  await rig.lag((seconds) => seconds > 5);
  await rig.equal();
  await rig.lag((seconds) => seconds < 4);
});

/** As somebody's replication writes, or a binlog that is run once more. */
const asStranger = {
  mariadb: (...statements: readonly string[]) => [
    "SET gtid_domain_id = 9, server_id = 909",
    ...statements,
    "SET gtid_domain_id = DEFAULT, server_id = DEFAULT",
  ],
  mysql: (...statements: readonly string[]) => [
    ...statements.flatMap((sql) => [`SET gtid_next = '${anotherUuid}:${(strangeNumber += 1)}'`, sql]),
    "SET gtid_next = 'AUTOMATIC'",
  ],
};
const anotherUuid = "0a0a0a0a-0000-1111-2222-333333333333";
let strangeNumber = 0;

const withoutBinlog = {
  mariadb: ["--skip-log-bin", "--skip-log-slave-updates"],
  mysql: [
    "--skip-log-bin",
    "--gtid-mode=OFF",
    "--enforce-gtid-consistency=OFF",
    "--skip-log-replica-updates",
  ],
} as const;

/** The next transaction has a number far behind the last one. */
async function leaveGap(server: DatabaseServer): Promise<void> {
  const change = "UPDATE shop.t SET v = v + 1 WHERE id = 1";
  const position = await server.position();
  const next = Number(/(\d+)$/.exec(position)?.[1]) + 1000;
  if (server.flavour === "mariadb") {
    await server.query(`SET gtid_seq_no = ${next}`, change);
    return;
  }
  const uuid = position.split(":", 1)[0] ?? "";
  await server.query(`SET gtid_next = '${uuid}:${next}'`, change, "COMMIT", "SET gtid_next = AUTOMATIC");
}

async function promote(server: DatabaseServer): Promise<void> {
  await server.query(
    ...(server.flavour === "mysql"
      ? ["STOP REPLICA", "RESET REPLICA ALL"]
      : ["STOP SLAVE", "RESET SLAVE ALL"]),
  );
}

async function newIdentity(server: DatabaseServer): Promise<void> {
  if (server.flavour === "mariadb") {
    await server.query("SET GLOBAL server_id = 111");
    return;
  }
  await server.stop();
  await rm(join(server.folder, "data", "auto.cnf"));
  await server.restart();
}

const compressedSql = {
  mysql: ["SET GLOBAL binlog_transaction_compression = ON"],
  mariadb: ["SET GLOBAL log_bin_compress_min_len = 10", "SET GLOBAL log_bin_compress = ON"],
} as const;
