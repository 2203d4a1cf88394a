import type { Admin } from "kafkajs";
import { RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { account } from "./accounts.ts";
import { hasMarkers } from "./checksums.ts";
import { Connect, type ConnectorConfig } from "./connect.ts";
import type { Server } from "./flavour.ts";
import type { Contender, Runner } from "./race.ts";
import type { Stage } from "./stage.ts";
import { database, tables, tableSql } from "./work.ts";

/** Where a pair of connectors warms up. */
const scratch = "scratch";
const warmMs = 15_000;
/** So many rows travel together: Connect's consumer gives 500 unless it is told, whatever the sink's own setting says. */
const batchRows = "5000";

/** Debezium's source connector, a broker and the JDBC sink, tuned, in JVMs that have carried the same backlog before. */
export class Debezium implements AsyncDisposable {
  #connect: Promise<Connect> | undefined;
  #pairs = 0;
  readonly #warm = new Set<string>();

  readonly contender: Contender = {
    name: "debezium",
    ready: (stage, target) => this.#ready(stage, target),
  };

  async [Symbol.asyncDispose](): Promise<void> {
    const connect = await this.#connect?.catch(() => undefined);
    await connect?.[Symbol.asyncDispose]();
  }

  async #ready(stage: Stage, target: Server): Promise<Runner> {
    this.#connect ??= Connect.start();
    const connect = await this.#connect;
    if (!this.#warm.has(stage.work.name)) await this.#warmUp(connect, stage, target);
    this.#warm.add(stage.work.name);
    const pair = await this.#pair(connect, stage, target, database);
    return {
      pids: connect.pids,
      go: () => connect.resume(pair.source),
      problem: () => pair.problem(),
      [Symbol.asyncDispose]: () => pair.remove(),
    };
  }

  async #warmUp(connect: Connect, stage: Stage, target: Server): Promise<void> {
    await target.query(
      "SET SESSION sql_log_bin = 0",
      `CREATE DATABASE ${scratch}`,
      ...tables.map((table) => tableSql(table, scratch)),
    );
    const pair = await this.#pair(connect, stage, target, scratch);
    await connect.resume(pair.source);
    const connection = await target.connect();
    const arrived = async (): Promise<true | undefined> =>
      (await hasMarkers(connection, scratch)) ? true : undefined;
    const wait = { timeoutMs: warmMs, intervalMs: 50, what: "Debezium to warm up" };
    // What has not arrived until then is warm enough.
    await waitFor(arrived, wait, AbortSignal.timeout(2 * warmMs)).catch(() => undefined);
    await pair.remove();
    await target.query("SET SESSION sql_log_bin = 0", `DROP DATABASE ${scratch}`);
  }

  async #pair(connect: Connect, stage: Stage, target: Server, into: string): Promise<Pair> {
    this.#pairs += 1;
    const pair = new Pair(connect, `pair${this.#pairs}`, this.#pairs);
    await pair.create(stage, target, into);
    return pair;
  }
}

/** A source connector that waits and a sink that runs, with topics of their own. */
class Pair {
  readonly #connect: Connect;
  readonly #prefix: string;
  readonly #number: number;
  readonly #admin: Admin;

  constructor(connect: Connect, prefix: string, number: number) {
    [this.#connect, this.#prefix, this.#number] = [connect, prefix, number];
    this.#admin = connect.broker.client.admin();
  }

  get source(): string {
    return `${this.#prefix}-source`;
  }

  async create({ flavour, source, from }: Stage, target: Server, into: string): Promise<void> {
    await this.#admin.connect();
    const topics = tables.map((table) => ({ topic: this.#topic(table), numPartitions: 1 }));
    await this.#admin.createTopics({ topics, waitForLeaders: true });
    const { broker } = this.#connect;
    const config = { ...sourceConfig(source, this.#prefix, 8000 + this.#number, broker.address) };
    await this.#connect.create(this.source, { ...config, ...flavour.debeziumSource }, "STOPPED");
    const offset = { file: from.file, pos: from.offset, gtids: from.gtid };
    await this.#connect.alterOffsets(this.source, { server: this.#prefix }, offset);
    const sink = sinkConfig(this.#prefix, tables.map((table) => this.#topic(table)).join(","));
    const url = flavour.jdbcUrl(target.port, into);
    await this.#connect.create(this.#sink, { ...sink, "connection.url": url }, "RUNNING");
    const wait = { timeoutMs: 60_000, intervalMs: 50, what: "the sink to have its topics" };
    await waitFor(() => this.#sinkWaits(), wait, AbortSignal.timeout(70_000));
  }

  async problem(): Promise<string | undefined> {
    const all = await Promise.all([this.#connect.status(this.source), this.#connect.status(this.#sink)]);
    return all.find(({ problem }) => problem !== undefined)?.problem;
  }

  async remove(): Promise<void> {
    await this.#connect.remove(this.source);
    await this.#connect.remove(this.#sink);
    await this.#admin.disconnect();
  }

  get #sink(): string {
    return `${this.#prefix}-sink`;
  }

  #topic(table: string): string {
    return `${this.#prefix}.${database}.${table}`;
  }

  async #sinkWaits(): Promise<true | undefined> {
    const { runs, problem } = await this.#connect.status(this.#sink);
    if (problem !== undefined) throw new Error(problem);
    // Right after its creation the group's coordinator may not be known.
    const described = await this.#admin.describeGroups([`connect-${this.#sink}`]).catch((cause: unknown) => {
      throw new RetryableError("not-yet", "the sink's group is not known", { cause });
    });
    return runs && described.groups[0]?.state === "Stable" ? true : undefined;
  }
}

/** `recovery` begins at the given offset with today's tables; nothing else would begin in the middle of a binlog. */
function sourceConfig(source: Server, prefix: string, serverId: number, broker: string): ConnectorConfig {
  return {
    "tasks.max": "1",
    "database.hostname": "127.0.0.1",
    "database.port": String(source.port),
    "database.user": account.user,
    "database.password": account.password,
    "database.server.id": String(serverId),
    "topic.prefix": prefix,
    "table.include.list": tables.map((table) => `${database}.${table}`).join(","),
    "snapshot.mode": "recovery",
    "schema.history.internal.kafka.bootstrap.servers": broker,
    "schema.history.internal.kafka.topic": `${prefix}-history`,
    "include.schema.changes": "false",
    "max.batch.size": "8192",
    "max.queue.size": "32768",
    "poll.interval.ms": "10",
    transforms: "unwrap",
    "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
    "transforms.unwrap.delete.tombstone.handling.mode": "tombstone",
    "producer.override.linger.ms": "5",
    "producer.override.batch.size": "512000",
  };
}

function sinkConfig(prefix: string, topics: string): ConnectorConfig {
  return {
    "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
    "tasks.max": "1",
    topics,
    "connection.username": account.user,
    "connection.password": account.password,
    "insert.mode": "upsert",
    "delete.enabled": "true",
    "primary.key.mode": "record_key",
    "schema.evolution": "none",
    "batch.size": batchRows,
    "use.reduction.buffer": "true",
    "consumer.override.max.poll.records": batchRows,
    "consumer.override.max.partition.fetch.bytes": String(16 * 2 ** 20),
    "consumer.override.auto.offset.reset": "earliest",
    transforms: "route",
    "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
    "transforms.route.regex": `${prefix}\\.${database}\\.(.*)`,
    "transforms.route.replacement": "$1",
  };
}
