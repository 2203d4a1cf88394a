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
import type { Pair } from "./authority.ts";
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
  /** The same broker over TLS, when it was started so. */
  readonly tls: TlsPlaces | undefined;
  readonly pid: number;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGKILL, and everything that it kept is gone; its next start is one with an empty disk. */
  loseDisk(): Promise<void>;
  /** Starts it again with the same data and ports; resolves when it answers. */
  restart(): Promise<void>;
}

/** `login`: for the user `link`, SCRAM-SHA-512; `mutual`: for who has a certificate of the authority. */
export interface TlsPlaces {
  readonly login: string;
  readonly mutual: string;
}

/** Paths of PEM files, and the password of the user `link`. */
export interface TlsOptions extends Pair {
  readonly ca: string;
  readonly password: string;
}

/** `relay` is where clients of `proxied` connect: something that passes on to `proxiedPort`. `jvm`: options of the JVM. */
export async function startKafka(
  options: { version?: string; relayPort?: number; jvm?: readonly string[]; tls?: TlsOptions } = {},
): Promise<KafkaBroker> {
  const { version = "4.4.0", relayPort, jvm = quickJvm, tls } = options;
  const [ports, classPath] = [await somePorts(relayPort), await kafkaClassPath(version)];
  const place = { folder: await newFolder(), id: 1, voters: [ports], clusterId: newId(), tls };
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
  const free = await Promise.all(Array.from({ length: 5 }, freePort));
  const [port = 0, controllerPort = 0, proxiedPort = 0, loginPort = 0, mutualPort = 0] = free;
  return { port, controllerPort, proxiedPort, relayPort: relayPort ?? proxiedPort, loginPort, mutualPort };
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
  readonly tls?: TlsOptions | undefined;
}

interface Ports {
  readonly port: number;
  readonly controllerPort: number;
  readonly proxiedPort: number;
  readonly relayPort: number;
  readonly loginPort: number;
  readonly mutualPort: number;
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

  get tls(): TlsPlaces | undefined {
    const { loginPort, mutualPort } = this.#ports;
    if (this.#place.tls === undefined) return undefined;
    return { login: `127.0.0.1:${loginPort}`, mutual: `127.0.0.1:${mutualPort}` };
  }

  async format(): Promise<void> {
    const { folder, clusterId, tls } = this.#place;
    await writeFile(join(folder, "server.properties"), properties(this.#place, this.#ports));
    if (tls !== undefined) {
      const [key, cert] = await Promise.all([readFile(tls.key, "utf8"), readFile(tls.cert, "utf8")]);
      await writeFile(join(folder, "keystore.pem"), `${key}\n${cert}`, { mode: 0o600 });
    }
    const tool = ["-cp", this.#classPath, "kafka.tools.StorageTool", "format", "-t", clusterId];
    const users =
      tls === undefined ? [] : ["--add-scram", `SCRAM-SHA-512=[name=link,password=${tls.password}]`];
    const args = [...quickJvm, ...tool, "-c", "server.properties", ...users];
    await promisify(execFile)("java", args, { cwd: folder });
  }

  async kill(): Promise<void> {
    if (this.#process !== undefined) await kill(this.#process);
  }

  async loseDisk(): Promise<void> {
    await this.kill();
    await rm(join(this.#place.folder, "data"), { recursive: true, force: true });
    await this.format();
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

/** Behind the listeners that every broker has. */
function tlsProperties({ folder, tls }: Place): Readonly<Record<string, string>> {
  if (tls === undefined) return {};
  return {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": join(folder, "keystore.pem"),
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": tls.ca,
    "listener.name.mutual.ssl.client.auth": "required",
    "listener.name.login.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.login.scram-sha-512.sasl.jaas.config":
      "org.apache.kafka.common.security.scram.ScramLoginModule required;",
  };
}

function properties(place: Place, ports: Ports): string {
  const { folder, id, voters, tls } = place;
  const { port, controllerPort, proxiedPort, relayPort, loginPort, mutualPort } = ports;
  const secure = tls === undefined ? "" : `,LOGIN://127.0.0.1:${loginPort},MUTUAL://127.0.0.1:${mutualPort}`;
  const lines = {
    "process.roles": "broker,controller",
    "node.id": id,
    "controller.quorum.voters": voters
      .map((voter, at) => `${at + 1}@127.0.0.1:${voter.controllerPort}`)
      .join(","),
    listeners: `PLAIN://127.0.0.1:${port},PROXIED://127.0.0.1:${proxiedPort},CONTROLLER://127.0.0.1:${controllerPort}${secure}`,
    "advertised.listeners": `PLAIN://127.0.0.1:${port},PROXIED://127.0.0.1:${relayPort}${secure}`,
    "listener.security.protocol.map":
      "PLAIN:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_SSL,MUTUAL:SSL",
    ...tlsProperties(place),
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
