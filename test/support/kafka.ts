import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import kafkajs, { type Kafka } from "kafkajs";
import { RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { kafkaClassPath } from "./kafka-jars.ts";
import { freePort } from "./free-port.ts";
import { kill, withParent } from "./program.ts";

/** Quick to start rather than quick to run, and no larger than a test needs. */
const quickJvm = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Djava.awt.headless=true"];

/** A private broker on loopback, ready for clients. Dispose of it in the end. */
export interface KafkaBroker extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  /** The same broker for clients that come through whatever relays to `proxiedPort`: it tells them the relay's address. */
  readonly proxied: string;
  readonly proxiedPort: number;
  readonly client: Kafka;
  readonly pid: number;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again with the same data and ports; resolves when it answers. */
  restart(): Promise<void>;
}

/** `relay` is where clients of `proxied` connect: something that passes on to `proxiedPort`. `jvm`: options of the JVM. */
export async function startKafka(
  options: { version?: string; relayPort?: number; jvm?: readonly string[] } = {},
): Promise<KafkaBroker> {
  const { version = "4.4.0", relayPort, jvm = quickJvm } = options;
  const [ports, classPath] = [await somePorts(relayPort), await kafkaClassPath(version)];
  const place = { folder: await newFolder(), id: 1, voters: [ports], clusterId: newId() };
  return started(new PrivateBroker(classPath, place, ports, jvm));
}

/** Three brokers of one cluster, each of which keeps everything; what two of them have is acknowledged. */
export async function startKafkaCluster(
  options: { version?: string; jvm?: readonly string[] } = {},
): Promise<readonly KafkaBroker[]> {
  const { version = "4.4.0", jvm = quickJvm } = options;
  const [voters, classPath] = [
    [await somePorts(), await somePorts(), await somePorts()],
    await kafkaClassPath(version),
  ];
  const clusterId = newId();
  const brokers = await Promise.all(
    voters.map(async (ports, at) => {
      const place = { folder: await newFolder(), id: at + 1, voters, clusterId };
      return new PrivateBroker(classPath, place, ports, jvm);
    }),
  );
  const all = await Promise.allSettled(brokers.map(started));
  const failed = all.find((each) => each.status === "rejected");
  if (failed === undefined) return brokers;
  await Promise.all(brokers.map((broker) => broker[Symbol.asyncDispose]()));
  throw failed.reason;
}

async function started(broker: PrivateBroker): Promise<PrivateBroker> {
  try {
    await broker.format();
    await broker.restart();
    return broker;
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
}

async function somePorts(relayPort?: number): Promise<Ports> {
  const [port, controllerPort, proxiedPort] = await Promise.all([freePort(), freePort(), freePort()]);
  return { port, controllerPort, proxiedPort, relayPort: relayPort ?? proxiedPort };
}

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "hotsite-kafka-"));
}

function newId(): string {
  return randomBytes(16).toString("base64url").replace(/^-/, "A");
}

/** A broker of a cluster, and who else is in it. */
interface Place {
  readonly folder: string;
  readonly id: number;
  /** Of all brokers, in the order of their ids. */
  readonly voters: readonly Ports[];
  readonly clusterId: string;
}

interface Ports {
  readonly port: number;
  readonly controllerPort: number;
  readonly proxiedPort: number;
  readonly relayPort: number;
}

class PrivateBroker implements KafkaBroker {
  readonly address: string;
  readonly proxied: string;
  readonly proxiedPort: number;
  readonly client: Kafka;
  readonly #place: Place;
  readonly #classPath: string;
  readonly #ports: Ports;
  readonly #jvm: readonly string[];
  #process: ChildProcess | undefined;

  constructor(classPath: string, place: Place, ports: Ports, jvm: readonly string[]) {
    this.#jvm = jvm;
    this.#classPath = classPath;
    this.#place = place;
    this.#ports = ports;
    this.address = `127.0.0.1:${ports.port}`;
    this.proxied = `127.0.0.1:${ports.relayPort}`;
    this.proxiedPort = ports.proxiedPort;
    this.client = new kafkajs.Kafka({
      brokers: [this.address],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 1 },
    });
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async format(): Promise<void> {
    const { folder, clusterId } = this.#place;
    await writeFile(join(folder, "server.properties"), properties(this.#place, this.#ports));
    const tool = ["-cp", this.#classPath, "kafka.tools.StorageTool", "format", "-t", clusterId];
    await promisify(execFile)("java", [...quickJvm, ...tool, "-c", "server.properties"], { cwd: folder });
  }

  async kill(): Promise<void> {
    if (this.#process !== undefined) await kill(this.#process);
  }

  async restart(): Promise<void> {
    await this.kill();
    const log = openSync(join(this.#place.folder, "broker.log"), "a");
    const options = [...this.#jvm, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", this.#classPath];
    const command = withParent("java", [...options, "kafka.Kafka", "server.properties"]);
    this.#process = spawn(...command, { cwd: this.#place.folder, stdio: ["ignore", log, log] });
    closeSync(log);
    await waitFor(
      () => this.#answers(),
      { timeoutMs: 60_000, intervalMs: 50, what: "the broker to answer" },
      AbortSignal.timeout(70_000),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#place.folder, { recursive: true, force: true });
  }

  async #answers(): Promise<true> {
    if (this.#process?.exitCode != null)
      throw new Error(await readFile(join(this.#place.folder, "broker.log"), "utf8"));
    const admin = this.client.admin();
    try {
      await admin.connect();
      if ((await admin.describeCluster()).brokers.length > 0) return true;
      throw new RetryableError("not-yet", "no broker has registered");
    } catch (cause) {
      throw new RetryableError("not-yet", "the broker does not answer", { cause });
    } finally {
      await admin.disconnect();
    }
  }
}

function properties(
  { folder, id, voters }: Place,
  { port, controllerPort, proxiedPort, relayPort }: Ports,
): string {
  const lines = {
    "process.roles": "broker,controller",
    "node.id": id,
    "controller.quorum.voters": voters
      .map((voter, at) => `${at + 1}@127.0.0.1:${voter.controllerPort}`)
      .join(","),
    listeners: `PLAIN://127.0.0.1:${port},PROXIED://127.0.0.1:${proxiedPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAIN://127.0.0.1:${port},PROXIED://127.0.0.1:${relayPort}`,
    "listener.security.protocol.map": "PLAIN:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAIN",
    "controller.listener.names": "CONTROLLER",
    "log.dirs": join(folder, "data"),
    "auto.create.topics.enable": false,
    "offsets.topic.replication.factor": voters.length,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "log.cleaner.enable": false,
    // A killed broker may register again when its old session is over: 9 s by default.
    "broker.session.timeout.ms": 1500,
    "broker.heartbeat.interval.ms": 300,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
