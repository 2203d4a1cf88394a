import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import kafkajs from "kafkajs";
import type { Log, LogBatch } from "../../core/log.ts";
import { waitFor } from "../../core/wait.ts";
import { openKafkaLog } from "../../replication/log/kafka.ts";
import { topicOf } from "../../replication/log/kafka-topic-settings.ts";
import { startKafka, type KafkaBroker } from "../support/kafka.ts";
import { kafkaRelay, type KafkaRelay } from "../support/kafka-relay.ts";
import { logContract } from "./log-contract.ts";

// The first run fetches the broker's jars.
jest.setTimeout(300_000);

let relay: KafkaRelay;
let broker: KafkaBroker;

beforeAll(async () => {
  relay = await kafkaRelay(() => broker.proxiedPort);
  broker = await startKafka({ relayPort: relay.port });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});

const topicPrefix = "test";
const newStream = (): string => `shop/db/${randomBytes(4).toString("hex")}`;
const open = (stream: string): Promise<Log> =>
  openKafkaLog({ brokers: [broker.address] }, { stream, topicPrefix });
const openThroughRelay = (stream: string): Promise<Log> =>
  openKafkaLog({ brokers: [broker.proxied] }, { stream, topicPrefix });

const batch = (stream: string, first: number, more: Partial<LogBatch> = {}): LogBatch => ({
  ...{ stream, epoch: 1, first, last: first, payload: Buffer.from(`record ${first}`) },
  ...more,
});

/** Tries until the log takes a batch. */
function eventually(append: () => Promise<number>): Promise<number> {
  const wait = { timeoutMs: 60_000, what: "the log to take a batch" };
  return waitFor(append, wait, AbortSignal.timeout(90_000));
}

async function texts(log: Log, count: number): Promise<string[]> {
  const enough = new AbortController();
  const found: string[] = [];
  for await (const { payload } of log.read(1, enough.signal)) {
    found.push(Buffer.from(payload).toString());
    if (found.length === count) break;
  }
  return found;
}

logContract("the log in Kafka", async () => {
  const stream = newStream();
  return { stream, open: () => open(stream), [Symbol.asyncDispose]: async () => undefined };
});

describe("the log in Kafka", () => {
  test("a batch whose answer is lost is found at the end of the log, and what comes next is not taken for its repetition", async () => {
    const stream = newStream();
    await using log = await openThroughRelay(stream);
    await log.append(batch(stream, 1));
    relay.lose("answer");
    await expect(log.append(batch(stream, 2))).rejects.toMatchObject({ retryable: true });
    relay.lose("none");
    expect((await log.tail())?.last).toBe(2);
    await log.append(batch(stream, 3));
    expect(await texts(log, 3)).toEqual(["record 1", "record 2", "record 3"]);
  });

  test("a batch that never reached the broker may be followed by another one in its place", async () => {
    const stream = newStream();
    await using log = await openThroughRelay(stream);
    await log.append(batch(stream, 1));
    relay.lose("request");
    await expect(log.append(batch(stream, 2))).rejects.toMatchObject({ retryable: true });
    relay.lose("none");
    expect((await log.tail())?.last).toBe(1);
    await log.append(batch(stream, 2, { payload: Buffer.from("another") }));
    expect(await texts(log, 2)).toEqual(["record 1", "another"]);
  });

  test("of two writers in processes of their own one wins, and the other one looks again", async () => {
    const stream = newStream();
    await using one = await open(stream);
    await using other = await open(stream);
    await one.append(batch(stream, 1));
    await other.append(batch(stream, 2));
    await expect(one.append(batch(stream, 2, { payload: Buffer.from("late") }))).rejects.toMatchObject({
      code: "log-moved",
      retryable: true,
    });
    expect((await one.tail())?.last).toBe(2);
    await one.append(batch(stream, 3));
    expect(await texts(other, 3)).toEqual(["record 1", "record 2", "record 3"]);
  });

  test("a writer of an older epoch that knows nothing of the newer one is refused", async () => {
    const stream = newStream();
    await using old = await open(stream);
    await using newer = await open(stream);
    await old.append(batch(stream, 1));
    await newer.append(batch(stream, 2, { epoch: 2 }));
    await expect(old.append(batch(stream, 2))).rejects.toMatchObject({ code: "stale-epoch" });
    expect((await newer.tail())?.epoch).toBe(2);
  });

  test("while the broker is down writers are told so, readers wait, and what was acknowledged is there afterwards", async () => {
    const stream = newStream();
    await using log = await open(stream);
    await log.append(batch(stream, 1));
    const reading = texts(log, 2);
    await broker.kill();
    await expect(log.append(batch(stream, 2))).rejects.toMatchObject({
      code: "log-unreachable",
      retryable: true,
    });
    await broker.restart();
    const append = async (): Promise<number> => {
      const last = (await log.tail())?.last ?? 0;
      return last === 2 ? last : log.append(batch(stream, last + 1));
    };
    await eventually(append);
    expect(await reading).toEqual(["record 1", "record 2"]);
  });

  test("is opened while the broker is down, and makes its topic once the broker is back", async () => {
    const stream = newStream();
    await broker.kill();
    await using log = await open(stream);
    await expect(log.tail()).rejects.toMatchObject({ code: "log-unreachable", retryable: true });
    await broker.restart();
    await eventually(() => log.append(batch(stream, 1)));
    expect(await texts(log, 1)).toEqual(["record 1"]);
  });

  test("removes the topics of older epochs of its link, and no others", async () => {
    const link = newStream();
    const streams = [`${link}/8`, `${link}/9`, `${link}x/3`, `${link}/old`, `${link}/10`];
    for (const stream of streams) await (await open(stream))[Symbol.asyncDispose]();
    const admin = broker.client.admin();
    await admin.connect();
    const kept = [`${link}x/3`, `${link}/old`, `${link}/10`];
    const wanted = kept.map((stream) => topicOf(topicPrefix, stream)).sort();
    // A busy broker may take longer to remove a topic than to answer.
    const look = async (): Promise<true | undefined> => {
      const topics = await admin.listTopics();
      const left = topics.filter((topic) => topic.startsWith(topicOf(topicPrefix, link))).sort();
      return isDeepStrictEqual(left, wanted) || undefined;
    };
    const within = AbortSignal.timeout(60_000);
    await waitFor(look, { timeoutMs: 30_000, what: `only ${wanted.join(", ")} to be left` }, within);
    await admin.disconnect();
  });

  test("a topic that would throw records away is put right, and its other settings stay", async () => {
    const stream = newStream();
    const admin = broker.client.admin();
    await admin.connect();
    const configEntries = [
      { name: "retention.ms", value: "60000" },
      { name: "segment.bytes", value: "20000000" },
    ];
    await admin.createTopics({
      topics: [{ topic: topicOf(topicPrefix, stream), numPartitions: 1, configEntries }],
    });
    await (await open(stream))[Symbol.asyncDispose]();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topicOf(topicPrefix, stream),
          configNames: ["retention.ms", "segment.bytes"],
        },
      ],
    });
    await admin.disconnect();
    const values = resources[0]?.configEntries.map(({ configName, configValue }) => [
      configName,
      configValue,
    ]);
    expect(Object.fromEntries(values ?? [])).toEqual({ "retention.ms": "-1", "segment.bytes": "20000000" });
  });

  test("a topic with several partitions is refused: they have no common order", async () => {
    const stream = newStream();
    const admin = broker.client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: topicOf(topicPrefix, stream), numPartitions: 2 }] });
    await admin.disconnect();
    await expect(open(stream)).rejects.toMatchObject({
      code: "preflight",
      message: expect.stringContaining("partitions"),
    });
  });

  test("a record that somebody else wrote into the topic is refused, not skipped", async () => {
    const stream = newStream();
    await using log = await open(stream);
    await log.append(batch(stream, 1));
    const producer = broker.client.producer();
    await producer.connect();
    await producer.send({ topic: topicOf(topicPrefix, stream), messages: [{ value: "hello" }] });
    await producer.disconnect();
    await expect(texts(log, 2)).rejects.toMatchObject({ code: "bad-record" });
  });
});
