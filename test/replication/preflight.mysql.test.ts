import { expect, test } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import { Secret } from "../../core/secret.ts";
import { preflightSource } from "../../replication/preflight.ts";
import { linkWarnings } from "../../replication/preflight-warnings.ts";
import { versionOf } from "../../replication/flavour.ts";
import { feederGrants, feederGrantsOn } from "../../replication/source-grants.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import {
  awaitCaughtUp,
  awaitRecord,
  batchesOf,
  createOwnSchema,
  MemoryTarget,
  sourceOptions,
  startFeeder,
  temporaryLog,
} from "./feeder-support.ts";

const signal = AbortSignal.timeout(60_000);

test("preflight tells every fault of a source at once, each with its remedy", async () => {
  await using server = await startMariadb({
    ...{ serverId: 1, domain: 0 },
    extra: [
      "--binlog-format=MIXED",
      "--binlog-row-image=MINIMAL",
      "--binlog-row-metadata=NO_LOG",
      "--gtid-strict-mode=OFF",
      "--binlog-expire-logs-seconds=60",
    ],
  });
  await server.query(
    "CREATE DATABASE shop",
    "CREATE TABLE shop.keyless (v INT)",
    "CREATE TABLE shop.kinds (id INT PRIMARY KEY, u UUID, i INET6)",
    "CREATE TABLE shop.old (id INT PRIMARY KEY) ENGINE=MyISAM",
    "CREATE SEQUENCE shop.numbers",
    "CREATE TRIGGER shop.tr BEFORE INSERT ON shop.kinds FOR EACH ROW SET NEW.id = 1",
    "CREATE EVENT shop.ev ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    "CREATE USER feeder@'%' IDENTIFIED BY 'secret'",
  );
  const source = { ...sourceOptions(server), user: "feeder", password: new Secret("secret") };
  const asRoot = await preflightSource(
    { source: sourceOptions(server), databases: ["shop", "absent"], clock: systemClock },
    signal,
  );
  expect(asRoot.map(({ path }) => path)).toEqual([
    ...["binlog_format", "binlog_row_image", "binlog_row_metadata"].map((name) => `source: ${name}`),
    ...["server_id", "binlog_expire_logs_seconds"].map((name) => `source: ${name}`),
    ...["gtid_strict_mode", "gtid_domain_id"].map((name) => `source: ${name}`),
    ...["database absent", "table shop.old"].map((name) => `source: ${name}`),
  ]);
  const faults = await preflightSource({ source, databases: ["shop"], clock: systemClock }, signal);
  const remedies = faults.flatMap(({ remedy }) => (remedy?.startsWith("GRANT") === true ? [remedy] : []));
  expect(remedies).toEqual(feederGrants(versionOf("MariaDB"), "'feeder'@'%'", ["shop"]));
}, 60_000);

test("preflight tells every fault of a MySQL", async () => {
  await using server = await startMysql({
    serverId: 1,
    extra: [
      ...["--gtid-mode=OFF_PERMISSIVE", "--enforce-gtid-consistency=WARN", "--binlog-format=MIXED"],
      ...["--binlog-row-image=MINIMAL", "--binlog-row-metadata=MINIMAL", "--log-replica-updates=OFF"],
      ...["--binlog-row-value-options=PARTIAL_JSON", "--binlog-expire-logs-seconds=60"],
    ],
  });
  await server.query(
    "CREATE DATABASE shop",
    "CREATE TABLE shop.old (id INT PRIMARY KEY) ENGINE=MyISAM",
    "CREATE TRIGGER shop.tr BEFORE INSERT ON shop.old FOR EACH ROW SET NEW.id = 1",
    "CREATE USER feeder@'%' IDENTIFIED WITH caching_sha2_password BY ''",
  );
  const source = { ...sourceOptions(server), user: "feeder" };
  const asRoot = await preflightSource(
    { source: sourceOptions(server), databases: ["shop"], clock: systemClock },
    signal,
  );
  expect(asRoot.map(({ path }) => path)).toEqual([
    ...["binlog_format", "binlog_row_image", "binlog_row_metadata"].map((name) => `source: ${name}`),
    ...["server_id", "binlog_expire_logs_seconds", "log_slave_updates"].map((name) => `source: ${name}`),
    ...["gtid_mode", "enforce_gtid_consistency", "binlog_row_value_options"].map((name) => `source: ${name}`),
    "source: table shop.old",
  ]);
  const faults = await preflightSource({ source, databases: ["shop"], clock: systemClock }, signal);
  const remedies = faults.flatMap(({ remedy }) => (remedy?.startsWith("GRANT") === true ? [remedy] : []));
  expect(remedies).toEqual(feederGrants(versionOf("9.7.0"), "'feeder'@'%'", ["shop"]));
}, 60_000);

/** Everything that is worth a word, made after everything else. */
const remarkable = [
  "CREATE TABLE my_shop.keyless (v INT, UNIQUE (v))",
  "CREATE TABLE my_shop.gone (v INT PRIMARY KEY)",
  "CREATE VIEW my_shop.broken AS SELECT v FROM my_shop.gone",
  "DROP TABLE my_shop.gone",
  `CREATE TABLE my_shop.stamped (id INT PRIMARY KEY, created TIMESTAMP, day DATE AS (DATE(created)) STORED,
     later INT AS (id + 1) STORED, virtual_day DATE AS (DATE(created)) VIRTUAL)`,
  "CREATE TRIGGER my_shop.tr BEFORE INSERT ON my_shop.t FOR EACH ROW SET NEW.id = NEW.id + 1",
  "CREATE EVENT my_shop.ev ON SCHEDULE EVERY 1 DAY DO SELECT 1",
];

const servers: readonly (readonly [string, () => Promise<DatabaseServer>])[] = [
  ["MariaDB", () => startMariadb({ serverId: 101, domain: 1 })],
  ["MySQL", () => startMysql({ serverId: 101 })],
];

test.each(servers)(
  "with the privileges that preflight asks for on %s, and no more, a feeder copies and streams",
  async (_, start) => {
    await using server = await start();
    await createOwnSchema(server);
    await server.query(
      "CREATE DATABASE my_shop",
      "CREATE TABLE my_shop.t (id INT PRIMARY KEY)",
      "INSERT INTO my_shop.t VALUES (1)",
      "CREATE PROCEDURE my_shop.p() SELECT 1",
      "CREATE VIEW my_shop.v AS SELECT 1",
      "CREATE USER feeder@'%' IDENTIFIED BY 'secret'",
      ...feederGrantsOn(server.flavour, "'feeder'@'%'", ["my_shop"]),
    );
    const source = { ...sourceOptions(server), user: "feeder", password: new Secret("secret") };
    expect(await preflightSource({ source, databases: ["my_shop"], clock: systemClock }, signal)).toEqual([]);
    await using log = await temporaryLog();
    const feeder = startFeeder(server, log, ["my_shop"], { source });
    await awaitRecord(
      log,
      "the copy's end",
      (record) => record.kind === "copy-end" && record.statements.length === 2,
    );
    await server.query("INSERT INTO my_shop.t VALUES (2)");
    await awaitCaughtUp(server, log);
    await feeder.stop();
    expect(new MemoryTarget().applyAll(await batchesOf(log)).rows("my_shop", "t")).toEqual([[1], [2]]);
    await server.query(...remarkable);
    const target = { ...source, user: "root", password: new Secret("") };
    const warnings = await linkWarnings({ source, target, databases: ["my_shop"] }, signal);
    expect(warnings.map(({ path, found = "" }) => `${path} ${found.toLowerCase()}`)).toEqual([
      "source: table my_shop.keyless ",
      "source: view my_shop.broken ",
      "source: column my_shop.stamped.day cast(`created` as date)",
      "target: accounts root@localhost",
      "source: triggers my_shop.tr",
      "source: events my_shop.ev",
    ]);
  },
  60_000,
);
