import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import kafkajs from "kafkajs";
import type { Log, LogBatch } from "../../core/log.ts";
import { waitFor } from "../../core/wait.ts";
import { openKafkaLog } from "../../replication/log/kafka.ts";
import { topicOf } from "../../replication/log/kafka-topic-settings.ts";
import { startKafkaCluster, type KafkaBroker } from "../support/kafka.ts";
import { logContract } from "./log-contract.ts";

jest.setTimeout(300_000);

const topicPrefix = "test";
const signal = AbortSignal.timeout(1_500_000);

describe.each(["4.4.0", "3.9.2"])("with three brokers of Kafka %s", (version) => {
  let brokers: readonly KafkaBroker[] = [];
  beforeAll(async () => {
    brokers = await startKafkaCluster({ version });
  });
  afterAll(async () => {
    await Promise.all(brokers.map((broker) => broker[Symbol.asyncDispose]()));
  });

  const newStream = (): string => `shop/db/${randomBytes(4).toString("hex")}`;
  const open = (stream: string): Promise<Log> =>
    openKafkaLog({ brokers: brokers.map(({ address }) => address) }, { stream, topicPrefix });

  logContract("the log", async () => {
    const stream = newStream();
    return { stream, open: () => settled(open(stream)), [Symbol.asyncDispose]: async () => undefined };
  });

  test("the log goes on when the leader is killed, and keeps what was acknowledged", async () => {
    const stream = newStream();
    await using log = await open(stream);
    await appendUpTo(log, stream, 5);
    const leader = await leaderOf(brokers, topicOf(topicPrefix, stream));
    await leader.kill();
    await appendUpTo(log, stream, 10);
    await leader.restart();
    await appendUpTo(log, stream, 12);
    expect(await numbers(log, 12)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("under load its leader changes again and again, and readers get every record once, in order", async () => {
    const stream = newStream();
    await using log = await open(stream);
    await appendUpTo(log, stream, 1);
    const reading = numbers(log, 400);
    const writing = appendUpTo(log, stream, 400);
    for (const part of [80, 160, 240, 320]) {
      await reaches(log, part);
      const leader = await leaderOf(brokers, topicOf(topicPrefix, stream));
      await leader.kill();
      await reaches(log, part + 20);
      await leader.restart();
    }
    await writing;
    expect(await reading).toEqual(Array.from({ length: 400 }, (_, at) => at + 1));
  });

  test("the log waits while fewer brokers are there than have to acknowledge, for a minute too", async () => {
    const stream = newStream();
    await using log = await open(stream);
    await appendUpTo(log, stream, 3);
    const leader = await leaderOf(brokers, topicOf(topicPrefix, stream));
    const others = brokers.filter((broker) => broker !== leader);
    await Promise.all(others.map((broker) => broker.kill()));
    const waiting = appendUpTo(log, stream, 6);
    const early = await Promise.race([waiting.then(() => "taken"), pause(60_000).then(() => "waits")]);
    expect(early).toBe("waits");
    await Promise.all(others.map((broker) => broker.restart()));
    await waiting;
    expect(await numbers(log, 6)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("its topic has three copies, of which two have to be there", async () => {
    const stream = newStream();
    await (await open(stream))[Symbol.asyncDispose]();
    const admin = brokers[0]!.client.admin();
    await admin.connect();
    const topic = topicOf(topicPrefix, stream);
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configNames: ["min.insync.replicas", "retention.ms"],
        },
      ],
    });
    await admin.disconnect();
    expect(topics[0]?.partitions.map(({ replicas }) => replicas.length)).toEqual([3]);
    const values = resources[0]?.configEntries.map(({ configName, configValue }) => [
      configName,
      configValue,
    ]);
    expect(Object.fromEntries(values ?? [])).toEqual({ "min.insync.replicas": "2", "retention.ms": "-1" });
  });

  test("a broker that loses its disk gets everything from the others, which may then be lost in turn", async () => {
    const stream = newStream();
    const topic = topicOf(topicPrefix, stream);
    await using log = await open(stream);
    await appendUpTo(log, stream, 20);
    const leader = await leaderOf(brokers, topic);
    await leader.loseDisk();
    await appendUpTo(log, stream, 40);
    await leader.restart();
    await inSync(brokers, topic);
    const other = brokers.find((broker) => broker !== leader)!;
    await other.kill();
    await appendUpTo(log, stream, 60);
    expect(await numbers(log, 60)).toEqual(Array.from({ length: 60 }, (_, at) => at + 1));
    await other.restart();
  });
});

/** Once every broker knows its topic: until then any call may be one to repeat. */
async function settled(opening: Promise<Log>): Promise<Log> {
  const log = await opening;
  const look = async (): Promise<true> => {
    await log.tail();
    return true;
  };
  await waitFor(look, { timeoutMs: 30_000, what: "the topic to be known" }, signal);
  return log;
}

/** As a feeder does: after each failure it looks at the log's end. */
async function appendUpTo(log: Log, stream: string, end: number): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    const last = (await log.tail())?.last ?? 0;
    if (last >= end) return true;
    await log.append(batch(stream, last + 1));
    return undefined;
  };
  const wait = { timeoutMs: 200_000, intervalMs: 1, what: `${stream} to take ${end} batches` };
  await waitFor(look, wait, signal);
}

function batch(stream: string, first: number): LogBatch {
  return { stream, epoch: 1, first, last: first, payload: Buffer.from(`record ${first}`) };
}

async function numbers(log: Log, count: number): Promise<number[]> {
  const found: number[] = [];
  for await (const { first } of log.read(1, signal)) {
    found.push(first);
    if (found.length === count) break;
  }
  return found;
}

async function leaderOf(brokers: readonly KafkaBroker[], topic: string): Promise<KafkaBroker> {
  const admin = brokers[0]!.client.admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  return brokers[(topics[0]?.partitions[0]?.leader ?? 1) - 1]!;
}

/** Resolves once the log holds so many batches. */
async function reaches(log: Log, count: number): Promise<void> {
  const look = async (): Promise<true | undefined> =>
    ((await log.tail())?.last ?? 0) >= count ? true : undefined;
  await waitFor(look, { timeoutMs: 200_000, intervalMs: 20, what: `${count} batches` }, signal);
}

/** Resolves once all brokers have everything of the topic. */
async function inSync(brokers: readonly KafkaBroker[], topic: string): Promise<void> {
  const admin = brokers[0]!.client.admin();
  await admin.connect();
  const look = async (): Promise<true | undefined> => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions[0]?.isr.length === brokers.length ? true : undefined;
  };
  await waitFor(look, { timeoutMs: 120_000, what: `${topic} to be in sync` }, signal);
  await admin.disconnect();
}

/** Time itself is what is tried here. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
