import { systemClock, type Clock } from "../../core/clock.ts";
import { HotsiteError, RetryableError, StaleEpochError, type Fault } from "../../core/errors.ts";
import type { Log, LogBatch, LogKeeping } from "../../core/log.ts";
import { failpoint } from "../failpoint.ts";
import { Chain, isAnchor, type Placed } from "./kafka-chain.ts";
import { batchOf, encodeFrame } from "./kafka-frame.ts";
import { kafkaClient, KafkaTopic, type KafkaServers } from "./kafka-topic.ts";
import { removeOlderTopics } from "./kafka-older-topics.ts";
import { ensureTopic, throwingAway, topicFaults, topicOf } from "./kafka-topic-settings.ts";
import { refuse, trimmed } from "./refuse.ts";
import { unlessItPasses, within } from "../within.ts";

/** How long a reader waits at the broker before it asks again. */
const pollMs = 500;
const retryMs = [100, 200, 500, 1000, 2000, 5000];
/** How long brokers that say nothing are waited for where nothing depends on their answer: kafkajs itself waits for half a minute. */
const patienceMs = 10_000;

/**
 * The log of one stream in a Kafka topic of its own, which is made when it is missing and checked when it is there; those of older epochs
 * are removed. Brokers that are away do not keep it from opening: the first use that reaches them does all this.
 */
export async function openKafkaLog(
  servers: KafkaServers,
  { stream, topicPrefix }: { readonly stream: string; readonly topicPrefix: string },
  clock: Clock = systemClock,
): Promise<Log> {
  const client = kafkaClient(servers);
  const topic = topicOf(topicPrefix, stream);
  const ensure = async (): Promise<void> => {
    await ensureTopic(client, topic);
    await removeOlderTopics(client, topic);
  };
  const settings = (): ReturnType<typeof throwingAway> => throwingAway(client, topic);
  const log = new KafkaLog(stream, { topic: new KafkaTopic(client, topic), ensure, settings }, clock);
  await within(patienceMs, log.ready()).catch(unlessItPasses);
  return log;
}

/** What would keep the log of a link from being made as it has to be, each with what mends it; changes nothing. */
export function checkKafkaLog(
  servers: KafkaServers,
  { link, topicPrefix }: { readonly link: string; readonly topicPrefix: string },
): Promise<readonly Fault[]> {
  return topicFaults(kafkaClient(servers), topicOf(topicPrefix, link));
}

interface Parts {
  readonly topic: KafkaTopic;
  /** Makes the topic as it has to be. Repeatable. */
  readonly ensure: () => Promise<void>;
  /** What is not as it has to be any more. */
  readonly settings: () => ReturnType<typeof throwingAway>;
}

/** One record a batch; which records count is decided by `Chain`. */
class KafkaLog implements Log {
  readonly remote = true;
  readonly #stream: string;
  readonly #topic: KafkaTopic;
  readonly #ensure: () => Promise<void>;
  /** Resolves when the topic was seen to be as it has to be. */
  #ensured: Promise<void> | undefined;
  readonly #settings: Parts["settings"];
  readonly #clock: Clock;
  /** The log's end as far as it was looked at, and the offset from which to look on; undefined when it has to be found first. */
  #seen: { readonly chain: Chain; next: bigint } | undefined;
  /** After an own append the end is known without asking: a foreign one would be found by the next append. */
  #writing = false;
  /** Calls that use `#seen` follow each other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(stream: string, { topic, ensure, settings }: Parts, clock: Clock) {
    this.#settings = settings;
    this.#stream = stream;
    this.#topic = topic;
    this.#ensure = ensure;
    this.#clock = clock;
  }

  /** Resolves once the topic is there; after a failure the next call tries again. */
  ready(): Promise<void> {
    this.#ensured ??= this.#ensure().catch((error: unknown) => {
      this.#ensured = undefined;
      throw error;
    });
    return this.#ensured;
  }

  /** The oldest record that is kept is at most what was applied ten seconds ago; the last one is needed even when it is applied. */
  readonly keeping = async (): Promise<LogKeeping> => {
    const { faults, retentionMs } = await this.#settings();
    if (retentionMs === undefined) return { faults };
    const oldestMs = (await this.#topic.oldestMs()) ?? this.#clock.now();
    const leftMs = retentionMs - (this.#clock.now() - oldestMs);
    return { faults, retentionSeconds: Math.max(0, leftMs / 1000) };
  };

  append(batch: LogBatch): Promise<number> {
    return this.#inTurn(() => this.#append(batch));
  }

  tail(): Promise<LogBatch | undefined> {
    return this.#inTurn(async () => {
      if (!this.#writing) await this.#catchUp();
      const end = this.#seen?.chain.end;
      return end && batchOf(this.#stream, end.frame);
    });
  }

  async *read(from: number, signal: AbortSignal): AsyncIterable<LogBatch> {
    let wanted = from;
    let chain = new Chain();
    let next: bigint | undefined;
    const ended = endOf(signal);
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.ready();
        if (next === undefined) ({ chain, next } = await this.#start());
        const records = await Promise.race([this.#topic.fetch(next, pollMs), ended]);
        failures = 0;
        for (const record of records) {
          next = record.offset + 1n;
          if (!chain.push(record)) continue;
          const { first, last } = record.frame;
          if (first > wanted) throw trimmed(this.#stream, wanted, first);
          if (last < wanted) continue;
          wanted = last + 1;
          yield batchOf(this.#stream, record.frame);
        }
      } catch (error) {
        if (error instanceof HotsiteError && error.code === "log-offset") next = undefined;
        else if (!(error instanceof RetryableError)) throw error;
        await this.#pause((failures += 1), signal);
      }
    }
  }

  trim(upTo: number): Promise<void> {
    return this.#inTurn(async () => {
      const offset = await this.#firstAfter(upTo);
      if (offset !== undefined) await this.#topic.deleteBefore(offset);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(patienceMs, this.#topic[Symbol.asyncDispose]()).catch(() => undefined);
  }

  async #append(batch: LogBatch): Promise<number> {
    if (!this.#writing) await this.#catchUp();
    const seen = await this.#known();
    const fault = refuse(batch, this.#stream, seen.chain.end?.frame);
    if (fault !== undefined) throw fault;
    failpoint("before-log-append");
    this.#writing = false;
    const frame = { ...batch, after: seen.chain.after };
    const offset = await this.#topic.send(encodeFrame(frame));
    failpoint("after-log-append");
    if (offset === seen.next) {
      seen.chain.push({ offset, frame });
      seen.next += 1n;
    } else {
      await this.#judge(batch, offset);
    }
    this.#writing = true;
    return batch.last;
  }

  /** Other records came in between, or the client took this one for a repetition of an earlier one and dropped it: what counts is in the topic. */
  async #judge(batch: LogBatch, offset: bigint): Promise<void> {
    await this.#catchUp();
    const end = this.#seen?.chain.end;
    if (end?.offset === offset && end.frame.first === batch.first) return;
    if (end !== undefined && end.frame.epoch > batch.epoch) {
      throw new StaleEpochError(
        `${this.#stream}: epoch ${batch.epoch} may not write, epoch ${end.frame.epoch} has written`,
      );
    }
    throw new RetryableError(
      "log-moved",
      `${this.#stream}: record ${batch.first} was not taken: something else was written meanwhile`,
    );
  }

  /** Looks at everything that has come since. */
  async #catchUp(): Promise<void> {
    const { low, next } = await this.#topic.bounds();
    if (this.#seen !== undefined && this.#seen.next < low) this.#seen = undefined;
    const seen = await this.#known();
    while (seen.next < next) {
      for (const record of await this.#topic.fetch(seen.next, 0)) {
        seen.chain.push(record);
        seen.next = record.offset + 1n;
      }
    }
  }

  async #known(): Promise<{ readonly chain: Chain; next: bigint }> {
    this.#seen ??= await this.#findEnd();
    return this.#seen;
  }

  /** Goes back from the topic's end to a record that certainly belongs to the log; the last one does, as a rule. */
  async #findEnd(): Promise<{ readonly chain: Chain; next: bigint }> {
    const { low, next } = await this.#topic.bounds();
    const later: Placed[] = [];
    for (let offset = next - 1n; offset >= low; offset -= 1n) {
      const [record] = await this.#topic.fetch(offset, 0);
      if (record === undefined) break;
      if (isAnchor(record) || offset === low) {
        const chain = new Chain(record);
        for (const each of later.reverse()) chain.push(each);
        return { chain, next };
      }
      later.push(record);
    }
    return { chain: new Chain(), next };
  }

  /** The oldest record that is kept belongs to the log, since trimming ends before one that does. */
  async #start(): Promise<{ readonly chain: Chain; readonly next: bigint }> {
    const { low, next } = await this.#topic.bounds();
    if (low === next) return { chain: new Chain(), next: low };
    const [oldest] = await this.#topic.fetch(low, 0);
    return { chain: new Chain(before(oldest)), next: low };
  }

  /** Offset of the oldest batch that is not wholly within `upTo`; the tail's when there is none. */
  async #firstAfter(upTo: number): Promise<bigint | undefined> {
    await this.#catchUp();
    const end = this.#seen?.chain.end;
    const start = await this.#start();
    let { next } = start;
    while (end !== undefined && next <= end.offset) {
      for (const record of await this.#topic.fetch(next, 0)) {
        next = record.offset + 1n;
        if (!start.chain.push(record)) continue;
        if (record.frame.last > upTo || record.offset === end.offset) return record.offset;
      }
    }
    return undefined;
  }

  async #pause(failures: number, signal: AbortSignal): Promise<void> {
    const wait = retryMs[Math.min(failures, retryMs.length) - 1] ?? 0;
    await this.#clock.sleep(wait, signal).catch(() => undefined);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => this.ready()).then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** An end from which the given record follows. */
function before(record: Placed | undefined): Placed | undefined {
  return record && { offset: record.frame.after, frame: record.frame };
}

/** Resolves, with nothing, when the signal is aborted: an answer of the broker that comes later is thrown away. */
function endOf(signal: AbortSignal): Promise<readonly Placed[]> {
  return new Promise((resolve) => {
    const end = (): void => resolve([]);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
