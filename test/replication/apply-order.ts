import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logger.ts";
import { Secret } from "../../core/secret.ts";
import { Link } from "../../replication/link.ts";
import { openEmbeddedLog } from "../../replication/log/embedded.ts";
import type { Flavour } from "../../replication/flavour.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import { createOwnSchema, order } from "./feeder-support.ts";
import { Random } from "./random.ts";
import { tangleSchema, tangleStatement, tangleTables } from "./tangle.ts";

/** Two servers, of which the second one catches up with the first after each load. */
export interface OrderSite extends AsyncDisposable {
  /** Writes random transactions, then applies them all at once and compares. Gives how often rows had to be applied one by one. */
  run(seed: number, transactions: number, signal: AbortSignal): Promise<number>;
}

interface Ends {
  readonly east: DatabaseServer;
  readonly west: DatabaseServer;
  readonly folder: string;
}

export async function startOrderSite(flavour: Flavour): Promise<OrderSite> {
  const start = (serverId: number): Promise<DatabaseServer> =>
    flavour === "mysql" ? startMysql({ serverId }) : startMariadb({ serverId, domain: serverId - 100 });
  const [east, west] = await Promise.all([start(101), start(102)]);
  const folder = await mkdtemp(join(tmpdir(), "hotsite-order-"));
  const ends = { east, west, folder };
  for (const server of [east, west]) {
    await createOwnSchema(server);
    await server.query("SET sql_log_bin = 0", ...tangleSchema);
  }
  return {
    async run(seed, transactions, signal) {
      await load(east, new Random(seed), transactions);
      const careful = await catchUp(ends, signal);
      for (const table of tangleTables) expect(await rowsOf(west, table)).toEqual(await rowsOf(east, table));
      return careful;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([east, west].map((server) => server[Symbol.asyncDispose]()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Statements that fail leave nothing behind, as an application's would. */
async function load(server: DatabaseServer, random: Random, transactions: number): Promise<void> {
  const connection = await server.connect({ database: "shop" });
  for (let count = 0; count < transactions; count += 1) {
    await connection.query("SET foreign_key_checks = 1");
    await connection.query("START TRANSACTION");
    for (let statements = 1 + random.below(4); statements > 0; statements -= 1)
      await connection.query(tangleStatement(random)).catch(() => undefined);
    await connection.query("COMMIT");
  }
  await connection.end();
}

async function catchUp({ east, west, folder }: Ends, signal: AbortSignal): Promise<number> {
  const account = { host: "127.0.0.1", user: "root", password: new Secret("") };
  let careful = 0;
  const link = await Link.open({
    order: { ...order, begin: "stream" },
    source: { ...account, site: "east", port: east.port },
    target: { ...account, port: west.port },
    databases: ["shop"],
    openLog: (stream) => openEmbeddedLog(folder, stream),
    clock: systemClock,
    logger: { ...silentLogger, warn: () => (careful += 1) },
  });
  const stop = new AbortController();
  const running = link.run(AbortSignal.any([signal, stop.signal]));
  const position = east.flavour === "mysql" ? "@@GLOBAL.gtid_executed" : "@@gtid_binlog_pos";
  const [row] = await east.query(`SELECT ${position} AS position`);
  await Promise.race([link.reach(String(row?.position), 60_000, signal), running]);
  stop.abort();
  await running;
  return careful;
}

async function rowsOf(server: DatabaseServer, table: string): Promise<unknown> {
  return (await server.query(`SELECT * FROM shop.${table} ORDER BY 1, 2`)).map((row) => ({ table, ...row }));
}
