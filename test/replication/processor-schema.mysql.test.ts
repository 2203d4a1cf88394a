import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { TableSchema } from "../../replication/record.ts";
import { onlyMariadb, ProcessorRig } from "./processor-rig.ts";
import { checks, column, insert, plainTable, remove, statement, textRows, update } from "./stream.ts";

jest.setTimeout(60_000);

const wide: TableSchema = { ...plainTable, columns: [...plainTable.columns, column("w", "int")] };

describe.each(["MariaDB 10.11", "MySQL 9.7"] as const)(
  "the processor and what it writes into: %s",
  (target) => {
    const rig = new ProcessorRig(target);
    beforeAll(() => rig.open());
    afterAll(() => rig.close());
    beforeEach(() => rig.begin());
    afterEach(() => rig.end());

    test("a schema change is run once, also when the checkpoint was not moved before a crash", async () => {
      rig.feeder = rig.feederOf([plainTable, wide]);
      await rig.feeder.transactions(
        [insert([1, 1])],
        [statement("ALTER TABLE t ADD COLUMN w INT DEFAULT 3")],
        [{ ...insert([2, 2, 2]), table: 1 }],
      );
      await rig.apply();
      expect(await rig.rows()).toEqual([
        { id: 1, v: 1, w: 3 },
        { id: 2, v: 2, w: 2 },
      ]);
      await rig.feeder.transactions([statement("ALTER TABLE t ADD COLUMN x INT")]);
      await rig.apply();
      await rig.server.query("SET sql_log_bin = 0", "UPDATE hotsite.checkpoint SET sequence = 3");
      await rig.apply();
      expect(await rig.checkpoint()).toEqual([4, rig.source.position(4)]);
    });

    // MySQL keeps the GTID of a statement that it finishes when it starts again.
    onlyMariadb(target)(
      "a schema change that the target finished when it started again is not run again",
      async () => {
        rig.feeder = rig.feederOf([plainTable, wide]);
        await rig.feeder.transactions([insert([1, 1])]);
        await rig.apply();
        // What recovery leaves: a new binlog that begins with the statement, as one of the server's own.
        await rig.server.query("FLUSH BINARY LOGS", "USE shop", "ALTER TABLE t ADD COLUMN w INT DEFAULT 3");
        await rig.feeder.transactions(
          [statement("ALTER TABLE t ADD COLUMN w INT DEFAULT 3")],
          [{ ...insert([2, 2, 2]), table: 1 }],
        );
        await rig.apply();
        expect(await rig.rows()).toEqual([
          { id: 1, v: 1, w: 3 },
          { id: 2, v: 2, w: 2 },
        ]);
        // The same statement later on is another one.
        await rig.feeder.transactions([statement("ALTER TABLE t DROP COLUMN w")]);
        await rig.apply();
        await rig.feeder.transactions([statement("ALTER TABLE t ADD COLUMN w INT DEFAULT 3")]);
        await rig.apply();
        expect(await rig.rows()).toEqual([
          { id: 1, v: 1, w: 3 },
          { id: 2, v: 2, w: 3 },
        ]);
      },
    );

    onlyMariadb(target)(
      "a routine that a crash took out of the server's own tables is made again",
      async () => {
        const make = "CREATE PROCEDURE p() SELECT 1";
        await rig.feeder.transactions([insert([1, 1])], [statement(make)]);
        await rig.apply();
        // The binlog has the statement, the checkpoint is before it, and the routine is gone.
        await rig.server.query(
          "SET sql_log_bin = 0",
          "UPDATE hotsite.checkpoint SET sequence = 1",
          "DROP PROCEDURE shop.p",
          "FLUSH BINARY LOGS",
        );
        await rig.apply();
        expect(await rig.server.query("SHOW CREATE PROCEDURE shop.p")).toHaveLength(1);
        expect((await rig.checkpoint())?.[0]).toBe(2);
      },
    );

    onlyMariadb(target)(
      "of several tables those that are dropped already are passed over after a restart",
      async () => {
        await rig.server.query("SET sql_log_bin = 0", "CREATE TABLE shop.u (id INT PRIMARY KEY)");
        await rig.feeder.transactions([insert([1, 1])]);
        await rig.apply();
        await rig.server.query("FLUSH BINARY LOGS", "DROP TABLE IF EXISTS shop.t /* recovered */");
        await rig.feeder.transactions([statement("DROP TABLE t, u")]);
        await rig.apply();
        expect(await rig.server.query("SHOW TABLES FROM shop")).toEqual([]);
      },
    );

    test("columns that the target computes itself are left to it", async () => {
      await rig.server.query(
        "SET sql_log_bin = 0",
        "CREATE TABLE shop.g (id INT PRIMARY KEY, v INT, twice INT AS (v * 2) STORED, thrice INT AS (v * 3) VIRTUAL)",
      );
      const columns = ["id", "v", "twice", "thrice"].map((name) => column(name, "int"));
      rig.feeder = rig.feederOf([{ database: "shop", table: "g", columns, primaryKey: [0] }]);
      await rig.feeder.transactions([insert([1, 1, 2, 3])], [update([1, 1, 2, 3], [1, 2, 4, 6])]);
      await rig.apply();
      expect(await rig.rows("shop.g")).toEqual([{ id: 1, v: 2, twice: 4, thrice: 6 }]);
    });

    test("triggers of a target that was a primary before do not change rows twice", async () => {
      await rig.server.query(
        "SET sql_log_bin = 0",
        "CREATE TRIGGER shop.tr AFTER INSERT ON shop.t FOR EACH ROW SET @a = 1",
      );
      await rig.feeder.transactions([insert([1, 1])]);
      // MySQL cannot replace a trigger without a moment in which there is none.
      if (target.startsWith("MySQL")) return expect(rig.apply()).rejects.toMatchObject({ code: "triggers" });
      await rig.apply();
      const [trigger] = await rig.server.query("SHOW CREATE TRIGGER shop.tr");
      expect(trigger?.["SQL Original Statement"]).toMatch(
        /BEGIN IF @hotsite_applies IS NULL THEN SET @a = 1/,
      );
    });

    test("a table with other columns is refused", async () => {
      await rig.server.query("SET sql_log_bin = 0", "ALTER TABLE shop.t ADD COLUMN extra INT");
      await rig.feeder.transactions([insert([1, 1])]);
      await expect(rig.apply()).rejects.toMatchObject({ code: "diverged" });
    });

    test("rows of one table that refer to each other are deleted in the source's order", async () => {
      await rig.server.query(
        "SET sql_log_bin = 0",
        "CREATE TABLE shop.tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES shop.tree (id))",
      );
      const columns = [column("id", "int"), column("up", "int")];
      rig.feeder = rig.feederOf([{ database: "shop", table: "tree", columns, primaryKey: [0] }]);
      await rig.feeder.transactions(
        [insert([1, null], [2, 1], [3, 2])],
        [remove([3, 2], [2, 1], [1, null])],
        [insert([5, null])],
      );
      await rig.apply();
      expect(await rig.rows("shop.tree")).toEqual([{ id: 5, up: null }]);
    });

    test("foreign keys are not checked where the source did not check them", async () => {
      await rig.server.query(
        "SET sql_log_bin = 0",
        "CREATE TABLE shop.child (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES shop.t (id))",
      );
      const columns = [column("id", "int"), column("t", "int")];
      const child: TableSchema = { database: "shop", table: "child", columns, primaryKey: [0] };
      rig.feeder = rig.feederOf([child]);
      await rig.feeder.transactions([{ ...insert([1, 99]), checks: { ...checks, foreignKeys: false } }]);
      await rig.apply();
      expect(await rig.rows("shop.child")).toHaveLength(1);
      await rig.feeder.transactions([insert([2, 98])]);
      await expect(rig.apply()).rejects.toMatchObject({ code: "diverged" });
    });

    test("a first copy replaces the database, takes changes in between, and ends with a position", async () => {
      rig.order = rig.orderOf({ begin: "copy", start: rig.source.position(1) });
      rig.feeder = rig.feederOf([plainTable]);
      const schema = { database: "", sqlMode: "", collationConnection: "utf8mb4_general_ci" };
      const copy = {
        units: [{ tables: [{ database: "shop", table: "t" }], whole: false }],
        done: 0,
        rows: 0,
        totalRows: 4,
      };
      await rig.server.query("SET sql_log_bin = 0", "INSERT INTO shop.t VALUES (77, 7)");
      await rig.feeder.batch(
        [
          {
            kind: "copy-begin",
            databases: ["shop"],
            statements: [
              { ...schema, sql: "CREATE DATABASE shop" },
              { ...schema, database: "shop", sql: "CREATE TABLE t (id INT PRIMARY KEY, v INT)" },
            ],
          },
          {
            kind: "copy-chunk",
            table: 0,
            rows: textRows([
              [1, 1],
              [2, 2],
            ]),
          },
          rig.feeder.transaction([
            { ...update([2, 2], [2, 22]), overlap: true },
            { ...update([8, 8], [8, 88]), overlap: true },
            { ...update([1, 1], [11, 1]), overlap: true },
            { ...remove([9, 9]), overlap: true },
            { ...insert([4, 4]), overlap: true },
          ]),
        ],
        copy,
      );
      await rig.apply();
      expect(await rig.checkpoint()).toEqual([3, ""]);
      await rig.feeder.batch(
        [
          {
            kind: "copy-chunk",
            table: 0,
            rows: textRows([
              [4, 4],
              [8, 88],
            ]),
          },
          { kind: "copy-table-done", database: "shop", table: "t" },
        ],
        copy,
      );
      await rig.feeder.batch([
        {
          kind: "copy-end",
          statements: [{ ...schema, database: "shop", sql: "CREATE VIEW w AS SELECT id FROM t" }],
        },
        rig.feeder.transaction([update([4, 4], [4, 44])]),
      ]);
      await rig.apply();
      expect((await rig.rows()).map(({ id, v }) => [id, v])).toEqual([
        [2, 22],
        [4, 44],
        [8, 88],
        [11, 1],
      ]);
      expect(await rig.checkpoint()).toEqual([7, rig.source.position(2)]);
    });

    test("a heartbeat is told with the commit that holds it", async () => {
      const columns = [column("site", "text"), column("at_ms", "int")];
      rig.feeder = rig.feederOf([{ database: "hotsite", table: "heartbeat", columns, primaryKey: [0] }]);
      const east = Buffer.from("east");
      await rig.feeder.transactions([update([east, 1000], [east, 2000])]);
      const heartbeats: (number | undefined)[] = [];
      await rig.apply({ onApplied: (_applied, heartbeatMs) => heartbeats.push(heartbeatMs) });
      expect(heartbeats).toEqual([undefined, 2000]);
      expect(await rig.rows("hotsite.heartbeat", "site")).toEqual([{ site: "east", at_ms: 2000 }]);
    });
  },
);
