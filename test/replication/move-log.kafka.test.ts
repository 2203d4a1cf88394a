import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { HotsiteError } from "../../core/errors.ts";
import type { LinkOrder } from "../../core/protection.ts";
import { waitFor } from "../../core/wait.ts";
import { orderAfter } from "../../lifecycle/link-order.ts";
import { builtHotsite } from "../cli/process.ts";
import { FakeWorld } from "../failover/fake-world.ts";
import { startKafka, type KafkaBroker } from "../support/kafka.ts";
import { Bank, bankSeed } from "./bank.ts";
import { startPair, orderWest, type Pair } from "./pair.ts";
import { Random } from "./random.ts";
import { startLinkRig } from "./two-servers.ts";

// The first run fetches the broker's jars.
jest.setTimeout(300_000);
const signal = AbortSignal.timeout(600_000);

let broker: KafkaBroker;
beforeAll(async () => {
  [broker] = await Promise.all([startKafka(), builtHotsite()]);
});
afterAll(async () => broker[Symbol.asyncDispose]());

describe("the log of a link that runs, under load", () => {
  test.each(["drained", "killed with records in its log"])(
    "moves from the gateway to Kafka and back, %s, with nothing lost or doubled",
    async (how) => {
      await using pair = await startPair(bankSeed);
      pair.startGateway();
      await using bank = new Bank(pair.east, new Random(7));
      let order = orderWest();
      await begin(pair, order);
      for (const place of [broker.address, undefined, broker.address]) {
        await bank.more(50, signal);
        if (how === "drained") {
          await pair.gateway.drain(60_000, signal);
          await pair.gateway.stop(signal);
          await pair.stopGateway("SIGTERM");
        } else await pair.stopGateway("SIGKILL");
        order = await next(pair, order);
        await pair.moveLog(place);
        pair.startGateway();
        await begin(pair, order);
      }
      await bank.more(20, signal);
      await bank[Symbol.asyncDispose]();
      const { position } = await pair.eastDatabase.state(signal);
      await pair.gateway.reach(position, 60_000, signal);
      expect(await sums(pair.west)).toEqual(await sums(pair.east));
    },
  );
});

/** As an installation gives it: the witness is the only one that is not there. */
async function next(pair: Pair, link: LinkOrder): Promise<LinkOrder> {
  const world = new FakeWorld();
  world.authority = { epoch: link.epoch, writer: "east" };
  const controls = {
    witness: () => world.witness,
    link: () => ({ status: () => Promise.resolve(link) }),
    database: (site: string) => (site === "east" ? pair.eastDatabase : pair.westDatabase),
  };
  const order = await orderAfter(world, controls as never, link, signal);
  expect(order).toMatchObject({ begin: "stream", epoch: link.epoch + 1 });
  return order;
}

async function begin({ gateway }: Pair, order: LinkOrder): Promise<void> {
  const wait = { timeoutMs: 60_000, intervalMs: 50, what: "the link to stream" };
  const look = async (): Promise<true | undefined> => {
    await gateway.start(order, signal);
    const status = await gateway.status(signal);
    if (status?.state === "failed") throw new HotsiteError("link-failed", String(status.problem));
    return status?.state === "streaming" ? true : undefined;
  };
  await waitFor(look, wait, signal);
}

async function sums(server: Pair["east"]): Promise<unknown> {
  return server.query("CHECKSUM TABLE shop.account, shop.entry EXTENDED");
}

test("the log of hotsite replicate moves when its file says so, without a second copy", async () => {
  await using rig = await startLinkRig();
  await rig.begin(["CREATE DATABASE shop", "CREATE TABLE shop.item (id INT PRIMARY KEY AUTO_INCREMENT)"]);
  const inKafka = `log: kafkaLog({ brokers: ["${broker.address}"], topicPrefix: "move" }),`;
  for (const log of ["", inKafka, 'log: embeddedLog({ folder: "logs" }),', inKafka]) {
    await rig.declare(`databases: ["shop"], ${log}`);
    await rig.source.query("INSERT INTO shop.item () VALUES (), ()");
    const running = rig.start("replicate");
    await rig.equal("shop.item");
    // What a second copy would remove.
    await rig.target.query("CREATE TABLE IF NOT EXISTS shop.only_here (id INT PRIMARY KEY)");
    await rig.source.query("INSERT INTO shop.item () VALUES (), (), ()");
    running.kill("SIGKILL");
    await running.ended;
  }
  expect((await rig.hotsite("replicate", "--until-caught-up")).code).toBe(0);
  await rig.equal("shop.item");
  expect(await rig.target.query("SHOW TABLES IN shop LIKE 'only_here'")).toHaveLength(1);
  const [row] = await rig.target.query("SELECT MAX(epoch) AS epoch FROM hotsite.checkpoint");
  expect(Number(row?.["epoch"])).toBe(4);
});
