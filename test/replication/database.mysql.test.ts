import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { formatPosition, includesPosition, ofOrigin, parsePosition } from "../../core/position.ts";
import { openLocalShell } from "../../remote/local.ts";
import { ServerControl } from "../../replication/database.ts";
import { schemaSql } from "../../replication/schema.ts";
import { clientFor } from "../support/client.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import { Newcomer } from "../support/newcomer.ts";

jest.setTimeout(60_000);

const servers = {
  mariadb: () => startMariadb({ serverId: 201, domain: 2 }),
  mysql: () => startMysql({ serverId: 201 }),
} as const;

describe.each(["mariadb", "mysql"] as const)(
  "one site's database, steered through its node: %s",
  (flavour) => {
    const signal = AbortSignal.timeout(120_000);
    const shell = openLocalShell();
    let server: DatabaseServer;
    let database: ServerControl;

    beforeAll(async () => {
      server = await servers[flavour]();
      await server.query(
        ...schemaSql.split(";\n").filter((sql) => sql.trim() !== ""),
        "CREATE USER app IDENTIFIED BY ''",
        "CREATE USER hotsite_feeder IDENTIFIED BY ''",
        "CREATE DATABASE shop",
        "CREATE TABLE shop.t (id INT PRIMARY KEY)",
        "GRANT ALL PRIVILEGES ON shop.* TO app",
      );
      database = new ServerControl({ site: "west", flavour, shell, client: await clientFor(server) });
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      await shell[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      await server.query(
        "SET sql_log_bin = 0",
        "DELETE FROM hotsite.authority",
        "DELETE FROM hotsite.checkpoint",
        "SET GLOBAL read_only = 0",
      );
    });

    test("it says whether it may be written to, what it holds, and whose writes are its own", async () => {
      await server.query("REPLACE INTO shop.t VALUES (1)");
      const state = await database.state(signal);
      expect([state.writable, state.position]).toEqual([true, await server.position()]);
      expect(ofOrigin(parsePosition(state.position), state.origin).form).toBe(flavour);
      expect(await database.checkpoint(signal)).toBeUndefined();
    });

    test("a freeze ends what applications do, and nothing is written after the position that it gives", async () => {
      const application = await server.connect({ user: "app" });
      application.on("error", () => undefined);
      const feeder = await server.connect({ user: "hotsite_feeder" });
      await application.query("BEGIN");
      await application.query("INSERT INTO shop.t VALUES (7)");
      const slow = application.query("SELECT SLEEP(60)").catch((error: unknown) => error);
      const position = await database.freeze(signal);
      expect(await slow).toBeInstanceOf(Error);
      expect(position).toBe(await server.position());
      expect((await database.state(signal)).writable).toBe(false);
      await expect(feeder.query("SELECT 1")).resolves.toBeDefined();
      const late = await server.connect({ user: "app" });
      await expect(late.query("INSERT INTO shop.t VALUES (8)")).rejects.toMatchObject({ errno: 1290 });
      expect(await server.query("SELECT id FROM shop.t WHERE id IN (7, 8)")).toEqual([]);
      expect(await database.freeze(signal)).toBe(position);
    });

    test("a freeze spares who has not said yet who he is: it may be our own next question", async () => {
      using newcomer = await Newcomer.at(server.root);
      await database.freeze(signal);
      expect(await newcomer.isHeard()).toBe(true);
    });

    test("a promotion keeps its epoch; one of an older epoch opens nothing", async () => {
      await database.freeze(signal);
      await database.promote(4, signal);
      expect((await database.state(signal)).writable).toBe(true);
      await database.freeze(signal);
      await expect(database.promote(3, signal)).rejects.toMatchObject({ code: "stale-epoch" });
      expect((await database.state(signal)).writable).toBe(false);
      await database.promote(4, signal);
      expect((await database.state(signal)).writable).toBe(true);
    });

    test("a server that was replaced gives no number away that others have of its origin, also while it is read-only", async () => {
      const { origin, position } = await database.state(signal);
      const own = formatPosition(ofOrigin(parsePosition(position), origin));
      await database.freeze(signal);
      await database.numberAfter(own, signal);
      expect((await database.state(signal)).position).toBe(position);
      if (flavour === "mysql") return;
      const before = own.replace(/\d+$/, "1000000");
      await database.numberAfter(before, signal);
      const after = ofOrigin(parsePosition((await database.state(signal)).position), origin);
      expect(formatPosition(after)).toBe(own.replace(/\d+$/, "1000001"));
    });

    test("what XA has prepared is listed and decided on, also on a server that is read-only, with who did it and why", async () => {
      const ids = ["'a','b\\'\nc',7", "'plain'", "'x-1','y'"];
      for (const [index, id] of ids.entries()) {
        const session = await server.connect();
        const insert = `INSERT INTO shop.t VALUES (${20 + index})`;
        for (const sql of [`XA START ${id}`, insert, `XA END ${id}`, `XA PREPARE ${id}`])
          await session.query(sql);
        await session.end();
      }
      const [a, plain, xy] = ["X'61',X'62270a63',7", "X'706c61696e',X'',1", "X'782d31',X'79',1"] as const;
      expect([...(await database.undecided(signal))].sort()).toEqual([a, plain, xy]);
      const by = { by: "ada@here", reason: "it's over" };
      await database.decide({ xid: a, decision: "commit", ...by }, signal);
      await database.freeze(signal);
      await database.decide({ xid: plain, decision: "roll back", ...by }, signal);
      await database.decide({ xid: xy, decision: "roll back", ...by }, signal);
      const again = database.decide({ xid: a, decision: "commit", ...by }, signal);
      await expect(again).rejects.toMatchObject({ code: "not-prepared" });
      const wrong = database.decide({ xid: "'plain'", decision: "commit", ...by }, signal);
      await expect(wrong).rejects.toMatchObject({ code: "usage" });
      expect(await database.undecided(signal)).toEqual([]);
      expect(await server.query("SELECT id FROM shop.t WHERE id >= 20")).toEqual([{ id: 20 }]);
      const kept = "SELECT xid, decision, decided_by, reason, done IS NOT NULL AS done FROM hotsite.decided";
      expect(await server.query(kept)).toMatchObject([
        { xid: a, decision: "commit", decided_by: "ada@here", reason: "it's over", done: 1 },
        ...[plain, xy].map((xid) => ({ xid, decision: "roll back", done: 1 })),
        { xid: a, done: 0 },
      ]);
    });

    test("a server that is not there is told as one that may come back", async () => {
      await server.stop();
      await expect(database.state(signal)).rejects.toMatchObject({ code: "unreachable", retryable: true });
      await server.restart();
    });
  },
);

describe("a MySQL that was promoted", () => {
  test("knows everything that was applied to it, so that another site can follow it from there", async () => {
    await using server = await startMysql({ serverId: 201, extra: ["--read-only=ON"] });
    await using shell = openLocalShell();
    const signal = AbortSignal.timeout(60_000);
    const database = new ServerControl({
      site: "west",
      flavour: "mysql",
      shell,
      client: await clientFor(server),
    });
    const applied = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-4711";
    await server.query(
      ...schemaSql.split(";\n").filter((sql) => sql.trim() !== ""),
      "SET sql_log_bin = 0",
      `INSERT INTO hotsite.checkpoint VALUES ('shop/db/1', 1, 99, '${applied}', NOW())`,
      // A statement has its own GTID already.
      "SET sql_log_bin = 1",
      "SET gtid_next = '3e11fa47-71ca-11e1-9e33-c80aa9429562:12'",
      "CREATE DATABASE shop",
    );
    expect(parsePosition((await database.state(signal)).position)).toMatchObject({ form: "mysql" });
    const position = await database.promote(2, signal);
    expect(includesPosition(parsePosition(await server.position()), parsePosition(applied))).toBe(true);
    expect(position).toBe(await server.position());
    expect(await database.promote(2, signal)).toBe(position);
    expect(await database.checkpoint(signal)).toEqual({
      stream: "shop/db/1",
      epoch: 1,
      sequence: 99,
      position: applied,
    });
  });
});
