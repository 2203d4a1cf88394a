import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { LinkStatus } from "../../core/protection.ts";
import { waitFor } from "../../core/wait.ts";
import { silentServer } from "../support/silent-server.ts";
import { orderWest, startPair, type Pair } from "./pair.ts";

jest.setTimeout(120_000);
const signal = AbortSignal.timeout(600_000);
const seed = [
  "CREATE DATABASE shop",
  "USE shop",
  "CREATE TABLE shop.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(50), at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)",
  "INSERT INTO shop.t (v) SELECT CONCAT('row ', seq) FROM seq_1_to_500",
];

describe("the gateway", () => {
  let pair: Pair;

  beforeEach(async () => {
    pair = await startPair(seed);
    pair.startGateway();
    await status(() => true);
  });
  afterEach(async () => pair[Symbol.asyncDispose]());

  /** The status once it is as wished. */
  function status(is: (status: LinkStatus | undefined) => boolean): Promise<LinkStatus | undefined> {
    return waitFor(
      async () => {
        const now = await pair.gateway.status(signal);
        return is(now) ? { now } : undefined;
      },
      { timeoutMs: 60_000, intervalMs: 50, what: "the gateway" },
      signal,
    ).then(({ now }) => now);
  }

  const streaming = () => status((now) => now?.state === "streaming" && now.lagSeconds !== undefined);
  const sum = async (server: Pair["east"]) =>
    (await server.query("CHECKSUM TABLE shop.t EXTENDED"))[0]?.Checksum;
  async function reachEast(): Promise<void> {
    const { position } = await pair.eastDatabase.state(signal);
    await pair.gateway.reach(position, 60_000, signal);
    expect(await sum(pair.west)).toBe(await sum(pair.east));
  }

  test("copies, follows, survives its own kill, and says how far it is", async () => {
    expect(await pair.gateway.status(signal)).toBeUndefined();
    await pair.gateway.start(orderWest(), signal);
    expect((await streaming())?.lagSeconds).toBeLessThan(5);
    await reachEast();

    await pair.east.query(
      "UPDATE shop.t SET v = 'changed' WHERE id % 2 = 0",
      "DELETE FROM shop.t WHERE id < 20",
    );
    await reachEast();

    await pair.stopGateway("SIGKILL");
    await pair.east.query(
      "INSERT INTO shop.t (v) VALUES ('while it was away')",
      "ALTER TABLE shop.t ADD COLUMN extra INT",
    );
    pair.startGateway();
    await streaming();
    await reachEast();
    expect((await pair.westDatabase.checkpoint(signal))?.stream).toBe("shop/db/1");
  });

  test("answers, and ends, while the brokers of its log do not", async () => {
    await pair.gateway.start(orderWest(), signal);
    await streaming();
    await using silent = await silentServer();
    await pair.stopGateway("SIGKILL");
    await pair.moveLog(`127.0.0.1:${silent.port}`);
    pair.startGateway();
    expect(await status((now) => now !== undefined)).toMatchObject({ stream: "shop/db/1" });
    await pair.stopGateway("SIGTERM");
  });

  test("a switchover loses nothing: freeze, reach, stop, promote; and the old stream is refused", async () => {
    await pair.gateway.start(orderWest(), signal);
    await streaming();
    const writer = await pair.east.connect();
    await pair.east.query("SET sql_log_bin = 0", "CREATE USER app@'%'", "GRANT ALL ON shop.* TO app@'%'");
    const app = await pair.east.connect({ user: "app" });
    await app.query("INSERT INTO shop.t (v) VALUES ('last')");

    const end = await pair.eastDatabase.freeze(signal);
    await expect(app.query("INSERT INTO shop.t (v) VALUES ('too late')")).rejects.toThrow();
    await pair.gateway.reach(end, 10_000, signal);
    await pair.gateway.stop(signal);
    const position = await pair.westDatabase.promote(2, signal);
    expect(position).toContain(end);
    expect(await pair.westDatabase.state(signal)).toMatchObject({ writable: true, origin: 2 });
    expect(await sum(pair.west)).toBe(await sum(pair.east));

    await expect(pair.westDatabase.promote(1, signal)).rejects.toMatchObject({ code: "stale-epoch" });
    await pair.gateway.start(orderWest(), signal);
    expect((await status((now) => now?.state === "failed"))?.problem).toContain("epoch 2");
    await writer.end();
  });

  test("draining applies what was received when the source is gone, and stays drained over a restart", async () => {
    await pair.gateway.start(orderWest(), signal);
    await streaming();
    await pair.east.query("INSERT INTO shop.t (v) VALUES ('received')");
    await reachEast();
    await pair.east.kill();
    const position = await pair.gateway.drain(30_000, signal);
    expect(position).toMatch(/1-101-\d+/);
    await pair.stopGateway("SIGKILL");
    pair.startGateway();
    await status((now) => now?.state === "stopped");
    expect(await pair.gateway.drain(30_000, signal)).toBe(position);
  });

  test("an older epoch, another way, and another beginning of the same stream are refused", async () => {
    await pair.gateway.start(orderWest({ stream: "shop/db/3", epoch: 3 }), signal);
    await expect(pair.gateway.start(orderWest(), signal)).rejects.toMatchObject({ code: "stale-epoch" });
    await expect(
      pair.gateway.start(orderWest({ stream: "shop/db/4", epoch: 4, from: "north" }), signal),
    ).rejects.toMatchObject({ code: "wrong-gateway" });
    await expect(
      pair.gateway.start(orderWest({ stream: "shop/db/3", epoch: 3, begin: "stream" }), signal),
    ).rejects.toMatchObject({ code: "stream-in-use" });
    await pair.gateway.start(orderWest({ stream: "shop/db/3", epoch: 3 }), signal);
    await pair.gateway.stop(signal);
    expect((await pair.gateway.status(signal))?.state).toBe("stopped");
  });

  test("a position that does not come in time is a matter to retry", async () => {
    await pair.gateway.start(orderWest(), signal);
    await streaming();
    await expect(pair.gateway.reach("1-101-999999", 300, signal)).rejects.toMatchObject({
      code: "timeout",
      retryable: true,
    });
  });
});
