import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, jest, test } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logger.ts";
import { formatPosition, ofOrigin, parsePosition } from "../../core/position.ts";
import type { LinkOrder } from "../../core/protection.ts";
import { Secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import type { ServerControl } from "../../replication/database.ts";
import { Link } from "../../replication/link.ts";
import { openEmbeddedLog } from "../../replication/log/embedded.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { orderWest, startPair, type Pair } from "./pair.ts";

jest.setTimeout(180_000);
const signal = AbortSignal.timeout(170_000);

const seed = [
  "CREATE DATABASE shop",
  "CREATE TABLE shop.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(50), j JSON)",
  "INSERT INTO shop.t (v, j) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT CONCAT('row ', i), JSON_OBJECT('i', i) FROM n",
];

test("two MySQL change roles and back, and each knows what the other one wrote", async () => {
  await using pair = await startPair(seed, { source: "mysql", target: "mysql" });
  pair.startGateway();
  await ready(pair);
  await pair.gateway.start(orderWest(), signal);
  await until(async () => (await pair.gateway.status(signal))?.state === "streaming", "the link to stream");
  // Many transactions become few: the GTIDs of most are known to the west by its checkpoint alone.
  for (let each = 0; each < 40; each += 1)
    await pair.east.query(`INSERT INTO shop.t (v) VALUES ('east ${each}')`);
  await pair.east.query(
    "ALTER TABLE shop.t ADD COLUMN w INT DEFAULT 7",
    "UPDATE shop.t SET w = 8 WHERE id < 100",
  );

  await handOver(pair, 2);
  {
    await using back = await follow(pair, orderOf(2, await position(pair.westDatabase)));
    for (let each = 0; each < 40; each += 1)
      await pair.west.query(`INSERT INTO shop.t (v) VALUES ('west ${each}')`);
    await pair.west.query("CREATE TABLE shop.made_in_the_west (id INT PRIMARY KEY)");
    const end = await frozen(pair.westDatabase);
    await back.link.reach(end, 60_000, signal);
    expect(await sum(pair.east)).toBe(await sum(pair.west));
  }
  await pair.eastDatabase.promote(3, signal);
  const start = await position(pair.eastDatabase);
  expect(parsePosition(start)).toEqual(parsePosition(await pair.east.position()));

  await pair.east.query("INSERT INTO shop.made_in_the_west VALUES (1)");
  await pair.gateway.start(orderWest({ stream: "shop/db/3", epoch: 3, begin: "stream", start }), signal);
  await pair.gateway.reach(await own(pair.eastDatabase), 60_000, signal).catch(async (error: unknown) => {
    throw new Error(JSON.stringify(await pair.gateway.status(signal)), { cause: error });
  });
  expect(await pair.west.query("SELECT id FROM shop.made_in_the_west")).toEqual([{ id: 1 }]);
  expect(await sum(pair.west)).toBe(await sum(pair.east));
});

/** The west becomes the primary, without a loss. */
async function handOver(pair: Pair, epoch: number): Promise<void> {
  await pair.gateway.reach(await frozen(pair.eastDatabase), 60_000, signal);
  await pair.gateway.stop(signal);
  await pair.westDatabase.promote(epoch, signal);
  expect(await sum(pair.west)).toBe(await sum(pair.east));
  expect((await pair.west.query("SELECT COUNT(*) AS n FROM shop.t WHERE w = 8"))[0]?.["n"]).toBe(99);
}

/** What the frozen server has written itself. */
async function frozen(database: ServerControl): Promise<string> {
  await database.freeze(signal);
  return own(database);
}

async function own(database: ServerControl): Promise<string> {
  const { position, origin } = await database.state(signal);
  return formatPosition(ofOrigin(parsePosition(position), origin));
}

async function position(database: ServerControl): Promise<string> {
  return (await database.state(signal)).position;
}

function orderOf(epoch: number, start: string): LinkOrder {
  return { stream: `shop/db/${epoch}`, epoch, from: "west", to: "east", start, begin: "stream" };
}

/** The east follows the west, in this process. */
async function follow(pair: Pair, order: LinkOrder): Promise<AsyncDisposable & { readonly link: Link }> {
  const folder = await mkdtemp(join(tmpdir(), "hotsite-role-change-"));
  const account = (port: number, user: string) => ({
    host: "127.0.0.1",
    port,
    user,
    password: new Secret("secret"),
  });
  const link = await Link.open({
    order,
    source: { site: "west", ...account(pair.west.port, "hotsite_feeder") },
    target: account(pair.east.port, "hotsite_applier"),
    databases: ["shop"],
    openLog: (stream) => openEmbeddedLog(folder, stream),
    clock: systemClock,
    logger: silentLogger,
  });
  const stop = new AbortController();
  const running = link.run(AbortSignal.any([signal, stop.signal]));
  running.catch(() => undefined);
  return {
    link,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running.finally(() => rm(folder, { recursive: true, force: true }));
    },
  };
}

async function ready(pair: Pair): Promise<void> {
  await until(() => pair.gateway.status(signal).then(() => true), "the gateway to answer");
}

async function until(happened: () => Promise<boolean>, what: string): Promise<void> {
  const look = async (): Promise<true | undefined> =>
    (await happened().catch(() => false)) ? true : undefined;
  await waitFor(look, { timeoutMs: 60_000, intervalMs: 50, what }, signal);
}

async function sum(server: DatabaseServer): Promise<unknown> {
  return (await server.query("CHECKSUM TABLE shop.t EXTENDED"))[0]?.["Checksum"];
}
