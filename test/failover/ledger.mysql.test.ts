import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Secret } from "../../core/secret.ts";
import { openLedger } from "../../failover/ledger-mysql.ts";
import type { Ledger } from "../../failover/world.ts";
import { schemaSql } from "../../replication/schema.ts";
import { startMariadb, type MariadbServer } from "../support/mariadb.ts";
import { forever } from "./fake-world.ts";

let server: MariadbServer;

beforeAll(async () => {
  server = await startMariadb({ serverId: 101, domain: 1 });
  await server.query(...schemaSql.split(";\n").filter((statement) => statement.trim() !== ""));
  await server.query(
    "CREATE USER hotsite_drill IDENTIFIED BY 'letters'",
    "GRANT SELECT, INSERT ON hotsite.ledger TO hotsite_drill",
  );
}, 60_000);

afterAll(async () => server[Symbol.asyncDispose]());

async function ledger(): Promise<{ ledger: Ledger; stream: Socket }> {
  const stream = connect(server.port, "127.0.0.1");
  await once(stream, "connect");
  return {
    stream,
    ledger: await openLedger({ stream, user: "hotsite_drill", password: new Secret("letters") }, forever),
  };
}

describe("the ledger on a real server", () => {
  test("keeps one row for each transaction, by drill", async () => {
    await using opened = (await ledger()).ledger;
    await opened.append({ id: 1, drill: "a", writtenMs: 11 }, forever);
    await opened.append({ id: 2, drill: "b", writtenMs: 12 }, forever);
    expect(await opened.entries("a", forever)).toEqual([{ id: 1, drill: "a", writtenMs: 11 }]);
    const [state] = await server.query("SELECT @@gtid_binlog_pos AS position");
    expect(state?.["position"]).toMatch(/^1-101-/);
  });

  test("tells a write that a read-only server refuses", async () => {
    await using opened = (await ledger()).ledger;
    await server.query("SET GLOBAL read_only = ON");
    await expect(opened.append({ id: 3, drill: "a", writtenMs: 1 }, forever)).rejects.toMatchObject({
      errno: 1290,
    });
    await server.query("SET GLOBAL read_only = OFF");
  });

  test("gives up a write in time when the server hangs, and closes the connection", async () => {
    const { ledger: opened, stream } = await ledger();
    process.kill(server.pid, "SIGSTOP");
    try {
      const asked = opened.append({ id: 4, drill: "a", writtenMs: 1 }, AbortSignal.timeout(200));
      await expect(asked).rejects.toMatchObject({ code: "timeout" });
      expect(stream.destroyed).toBe(true);
    } finally {
      process.kill(server.pid, "SIGCONT");
    }
    await opened[Symbol.asyncDispose]();
  });

  test("tells a wrong password", async () => {
    const stream = connect(server.port, "127.0.0.1");
    await once(stream, "connect");
    await expect(
      openLedger({ stream, user: "hotsite_drill", password: new Secret("wrong") }, forever),
    ).rejects.toMatchObject({ errno: 1045 });
    stream.destroy();
  });
});
