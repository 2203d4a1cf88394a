import { expect } from "@jest/globals";
import { HotsiteError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { Selection } from "../../replication/selection/selection.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import {
  awaitCaughtUp,
  awaitRecord,
  batchesOf,
  MemoryTarget,
  recordsOf,
  startFeeder,
  temporaryLog,
} from "./feeder-support.ts";

/** In everything that is to stay behind. */
const marker = "st4ys-behind";

const selection = new Selection({
  databases: { shop: "shop_copy" },
  tables: { exclude: ["shop.session", "shop.tmp_*"] },
  columns: { exclude: ["shop.customer.card", "*.*.pin"] },
  programs: { exclude: ["shop.audit_*"] },
});

const schema = [
  "CREATE TABLE shop.session (id INT PRIMARY KEY, token VARCHAR(40) DEFAULT 'st4ys-behind') COMMENT 'st4ys-behind'",
  `CREATE TABLE shop.customer (id INT PRIMARY KEY, a BIGINT, b VARCHAR(10), c INT, d DATETIME(3), e TEXT, f DECIMAL(9,2), g BLOB,
    card VARCHAR(40) DEFAULT 'st4ys-behind' COMMENT 'st4ys-behind', h INT, pin VARBINARY(40), i ENUM('x', 'y'), INDEX (card), UNIQUE (pin, id))`,
  "CREATE TABLE shop.customer_only (id INT PRIMARY KEY, owner INT, FOREIGN KEY (owner) REFERENCES shop.customer (id))",
  "CREATE TABLE shop.no_key (a INT, pin VARCHAR(40), UNIQUE (pin), b INT)",
  "CREATE VIEW shop.v AS SELECT id, b FROM shop.customer",
  "CREATE TRIGGER shop.on_session BEFORE INSERT ON shop.session FOR EACH ROW SET NEW.token = CONCAT('st4ys-behind', NEW.id)",
  "CREATE TRIGGER shop.audit_customer AFTER INSERT ON shop.customer FOR EACH ROW INSERT INTO shop.session (id) VALUES (1000 + NEW.id)",
];

const customer = (id: number): string =>
  `INSERT INTO shop.customer VALUES (${id}, ${id}, 'b${id}', NULL, '2020-02-03 04:05:06.789', REPEAT('e', ${id}), 1.25, X'00FF', 'st4ys-behind', 8, 'st4ys-behind', 'y')`;

const changes = [
  customer(5),
  "UPDATE shop.customer SET card = 'st4ys-behind too'",
  "UPDATE shop.customer SET b = 'changed', pin = 'st4ys-behind more' WHERE id = 5",
  "DELETE FROM shop.customer WHERE id = 2",
  "INSERT INTO shop.session (id) VALUES (5), (6)",
  "UPDATE shop.session SET token = 'st4ys-behind'",
  "INSERT INTO shop.no_key VALUES (1, 'st4ys-behind', 2)",
  "CREATE TABLE shop.tmp_1 (id INT DEFAULT 4711) COMMENT 'st4ys-behind'",
  "ALTER TABLE shop.customer ADD COLUMN j INT DEFAULT 7, MODIFY COLUMN card VARCHAR(50) DEFAULT 'st4ys-behind again'",
  "ALTER TABLE shop.session ADD COLUMN k VARCHAR(20) DEFAULT 'st4ys-behind'",
  customer(6).replace("'y')", "'y', 9)"),
  "DROP TABLE shop.tmp_1",
];

/** The first copy and the stream of a server, with a selection: nothing that stays behind is in the log, everything else is. */
export async function expectNoLeaks(server: DatabaseServer): Promise<void> {
  await server.query(
    ...schema,
    customer(1),
    customer(2),
    customer(3),
    "INSERT INTO shop.session (id) VALUES (1)",
  );
  await using log = await temporaryLog();
  const feeder = startFeeder(server, log, selection.databases, { selection });
  await awaitRecord(log, "the end of the copy", ({ kind }) => kind === "copy-end", 60_000);
  await server.query(...changes);
  await awaitCaughtUp(server, log, 60_000);
  await feeder.stop();
  expect(await findings(log)).toEqual([]);

  const target = new MemoryTarget().applyAll(await batchesOf(log));
  expect(target.problems).toEqual([]);
  const rows = target.rows("shop_copy", "customer");
  expect(rows.map(([id, , b]) => [id, Buffer.from(b as Uint8Array).toString()]).sort()).toEqual([
    ...[
      [1, "b1"],
      [3, "b3"],
      [5, "changed"],
      [6, "b6"],
    ],
  ]);
  expect(rows.find(([id]) => id === 3)).toMatchObject([
    ...[3, 3, Buffer.from("b3"), null, "2020-02-03 04:05:06.789", Buffer.from("eee"), "1.25"],
    ...[Buffer.from([0, 255]), 8, 2],
  ]);
  const tables = (await batchesOf(log)).flatMap((batch) => batch.tables);
  expect(new Set(tables.map(({ database }) => database))).toEqual(new Set(["hotsite", "shop_copy"]));
  expect(tables.find(({ table }) => table === "no_key")?.columns.map(({ name }) => name)).toEqual(["a", "b"]);
}

/** A table that comes over the border by its name stops the link before anything of it is in the log. */
export async function expectStopAtBorder(server: DatabaseServer): Promise<void> {
  await server.query(
    "CREATE TABLE shop.session (id INT PRIMARY KEY, token VARCHAR(40))",
    "CREATE TABLE shop.t (id INT PRIMARY KEY)",
  );
  await using log = await temporaryLog();
  const start = await server.position();
  const feeder = startFeeder(server, log, selection.databases, { selection, begin: "stream", start });
  await server.query(
    "RENAME TABLE shop.session TO shop.visits",
    "INSERT INTO shop.visits VALUES (1, 'st4ys-behind')",
  );
  const failure = await feeder.failure;
  expect(failure).toBeInstanceOf(HotsiteError);
  expect(failure).toMatchObject({
    message: expect.stringContaining("visits, which is replicated"),
    hint: expect.stringContaining("reseed"),
  });
  expect(await findings(log)).toEqual([]);
}

/** Records in whose bytes something is that was to stay behind. */
async function findings(log: Log): Promise<readonly unknown[]> {
  const last = (await log.tail())?.last ?? 0;
  const found: unknown[] = [];
  if (last === 0) return found;
  for await (const { payload, last: reached } of log.read(1, AbortSignal.timeout(60_000))) {
    if (Buffer.from(payload).includes(marker)) found.push(...(await recordsOf(log)));
    if (reached >= last) break;
  }
  return found;
}
