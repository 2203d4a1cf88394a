// Its classes are only to be had through the default export outside of bundlers.
import kafkajs, { type Admin, type Kafka, type KafkaConfig, type Producer } from "kafkajs";
import { HotsiteError, RetryableError } from "../../core/errors.ts";
import type { Secret } from "../../core/secret.ts";
import { kafkaError, typeOf } from "./kafka-error.ts";
import { decodeFrame } from "./kafka-frame.ts";
import type { Placed } from "./kafka-chain.ts";

/** How the brokers are reached. */
export interface KafkaServers {
  /** `host:port`, any of the cluster's. */
  readonly brokers: readonly string[];
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: Secret };
  readonly login?: {
    readonly mechanism: "scram-sha-256" | "scram-sha-512" | "plain";
    readonly user: string;
    readonly password: Secret;
  };
}

/** The parts of kafkajs that read a partition without a consumer group; reached through a symbol, since its public API has none. */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { partitionId: number; leader: number }[];
  findBroker(of: { nodeId: string }): Promise<{ fetch(request: object): Promise<FetchAnswer> }>;
}

interface Message {
  readonly offset: string;
  /** Milliseconds. */
  readonly timestamp: string;
  readonly value: Buffer | null;
}

interface FetchAnswer {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly messages: readonly Message[];
    }[];
  }[];
}

const connectionTimeoutMs = 5_000;
const requestTimeoutMs = 30_000;
/** Within this every broker knows a topic that was made. */
export const settlingMs = 10_000;
/** At least one record comes whatever its size. */
const fetchBytes = 4 * 1024 * 1024;

export function kafkaClient({ brokers, tls, login }: KafkaServers): Kafka {
  return new kafkajs.Kafka({
    clientId: "hotsite",
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // Whoever uses the topic tries again itself, after looking at what is there.
    retry: { retries: 1, initialRetryTime: 100 },
    ...(tls === undefined ? {} : { ssl: { ca: tls.ca, cert: tls.cert, key: tls.key?.reveal() } }),
    ...(login === undefined ? {} : { sasl: saslOf(login) }),
  });
}

function saslOf({ mechanism, user, password }: NonNullable<KafkaServers["login"]>): KafkaConfig["sasl"] {
  const credentials = { username: user, password: password.reveal() };
  if (mechanism === "plain") return { mechanism, ...credentials };
  return mechanism === "scram-sha-256"
    ? { mechanism: "scram-sha-256", ...credentials }
    : { mechanism: "scram-sha-512", ...credentials };
}

/** The one partition of a topic. Every failure that passes by itself is a `RetryableError`, after which the next call connects anew. */
export class KafkaTopic implements AsyncDisposable {
  readonly #client: Kafka;
  readonly #topic: string;
  readonly #openedMs = performance.now();
  #producer: Promise<Producer> | undefined;
  #cluster: Promise<Cluster> | undefined;
  #admin: Promise<Admin> | undefined;

  constructor(client: Kafka, topic: string) {
    this.#client = client;
    this.#topic = topic;
  }

  /** Offsets of the oldest record and of the one that comes next. */
  async bounds(): Promise<{ readonly low: bigint; readonly next: bigint }> {
    return this.#retryable("its ends", async () => {
      this.#admin ??= connected(this.#client.admin());
      const [partition] = await (await this.#admin).fetchTopicOffsets(this.#topic);
      if (partition === undefined) throw new Error("it has no partition");
      return { low: BigInt(partition.low), next: BigInt(partition.high) };
    });
  }

  /** Records from an offset on; waits for one that is yet to come for `waitMs` at most. Throws `HotsiteError` "log-offset" for an offset that is not kept. */
  async fetch(offset: bigint, waitMs: number): Promise<readonly Placed[]> {
    const messages = await this.#messages(offset, waitMs);
    return messages
      .map(({ offset: at, value }) => ({ at: BigInt(at), value }))
      .filter(({ at }) => at >= offset)
      .map(({ at, value }) => ({ offset: at, frame: decodeFrame(value) }));
  }

  /** When the oldest record was written, by the clock of whoever wrote it; undefined when there is none. */
  async oldestMs(): Promise<number | undefined> {
    const { low, next } = await this.bounds();
    if (low === next) return undefined;
    const [oldest] = await this.#messages(low, 0);
    return oldest && Number(oldest.timestamp);
  }

  async #messages(offset: bigint, waitMs: number): Promise<readonly Message[]> {
    return this.#retryable("its records", async () => {
      this.#cluster ??= this.#openCluster();
      const cluster = await this.#cluster;
      const [partition] = cluster.findTopicPartitionMetadata(this.#topic);
      const broker = await cluster.findBroker({ nodeId: String(partition?.leader) });
      const answer = await broker.fetch({
        ...{ maxWaitTime: waitMs, minBytes: 1, maxBytes: fetchBytes, isolationLevel: 0 },
        topics: [
          {
            topic: this.#topic,
            partitions: [{ partition: 0, fetchOffset: offset.toString(), maxBytes: fetchBytes }],
          },
        ],
      });
      return answer.responses[0]?.partitions[0]?.messages ?? [];
    });
  }

  /** Offset of the record once every in-sync replica has it. When it rejects, the record may be there or may yet come. */
  async send(value: Buffer): Promise<bigint> {
    return this.#retryable("a new record", async () => {
      this.#producer ??= connected(
        this.#client.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false }),
      );
      const producer = await this.#producer;
      const [stored] = await producer.send({
        topic: this.#topic,
        acks: -1,
        messages: [{ value, partition: 0 }],
      });
      return BigInt(stored?.baseOffset ?? -1);
    });
  }

  async deleteBefore(offset: bigint): Promise<void> {
    return this.#retryable("its oldest records", async () => {
      this.#admin ??= connected(this.#client.admin());
      const partitions = [{ partition: 0, offset: offset.toString() }];
      await (await this.#admin).deleteTopicRecords({ topic: this.#topic, partitions });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disconnect();
  }

  async #openCluster(): Promise<Cluster> {
    const cluster = createCluster(this.#client);
    await cluster.connect();
    await cluster.addTargetTopic(this.#topic);
    return cluster;
  }

  /** After a rejected send, kafkajs may take the next one for a repetition of it: nothing of it is used again after any failure. */
  async #retryable<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof HotsiteError) throw error;
      await this.#disconnect();
      if (typeOf(error) === "UNKNOWN_TOPIC_OR_PARTITION" && performance.now() < this.#openedMs + settlingMs) {
        throw new RetryableError("log-unreachable", `${this.#topic}: not every broker knows it yet`, {
          cause: error,
        });
      }
      throw kafkaError(this.#topic, what, error);
    }
  }

  async #disconnect(): Promise<void> {
    const open = [this.#producer, this.#cluster, this.#admin];
    this.#producer = this.#cluster = this.#admin = undefined;
    await Promise.allSettled(open.map(async (each) => (await each)?.disconnect()));
  }
}

async function connected<T extends { connect(): Promise<void> }>(client: T): Promise<T> {
  await client.connect();
  return client;
}

function createCluster(client: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(client).find(
    ({ description }) => description === "private:Kafka:createCluster",
  );
  const create = symbol && (client as unknown as Record<symbol, unknown>)[symbol];
  if (typeof create !== "function")
    throw new HotsiteError("kafka-client", "this kafkajs has no cluster inside");
  return (create as (options: object) => Cluster)({ allowAutoTopicCreation: false, isolationLevel: 0 });
}
