import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { freePort } from "../../test/support/free-port.ts";
import { startKafka, type KafkaBroker } from "../../test/support/kafka.ts";
import { kill, withParent } from "../../test/support/program.ts";
import { connectFiles } from "./connect-jars.ts";

export type ConnectorConfig = Readonly<Record<string, string>>;

/** Kafka Connect with a broker of its own, both compiled fully while they run. */
export class Connect implements AsyncDisposable {
  readonly broker: KafkaBroker;
  readonly #folder: string;
  readonly #port: number;
  readonly #process: ChildProcess;

  private constructor(broker: KafkaBroker, folder: string, port: number, process: ChildProcess) {
    [this.broker, this.#folder, this.#port, this.#process] = [broker, folder, port, process];
  }

  static async start(): Promise<Connect> {
    const { classPath, plugins } = await connectFiles();
    const broker = await startKafka({ jvm: ["-Xmx512m"] });
    const [folder, port] = [await mkdtemp(join(tmpdir(), "hotsite-bench-connect-")), await freePort()];
    await writeFile(join(folder, "worker.properties"), worker(folder, port, broker.address, plugins));
    const log = openSync(join(folder, "connect.log"), "w");
    const options = [
      "-Xmx1g",
      "-Duser.timezone=UTC",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
      "-cp",
      classPath,
    ];
    const main = "org.apache.kafka.connect.cli.ConnectStandalone";
    const [command, args] = withParent("java", [...options, main, "worker.properties"]);
    const child = spawn(command, args, { cwd: folder, stdio: ["ignore", log, log] });
    closeSync(log);
    const connect = new Connect(broker, folder, port, child);
    try {
      const wait = { timeoutMs: 120_000, intervalMs: 100, what: "Kafka Connect to answer" };
      await waitFor(() => connect.#answers(), wait, AbortSignal.timeout(130_000));
      return connect;
    } catch (error) {
      await connect[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pids(): readonly number[] {
    return [this.broker.pid, this.#process.pid ?? 0];
  }

  async create(name: string, config: ConnectorConfig, state: "RUNNING" | "STOPPED"): Promise<void> {
    await this.#ask("POST", "", { name, config, initial_state: state });
  }

  /** Where a connector that is stopped goes on. */
  async alterOffsets(name: string, partition: object, offset: object): Promise<void> {
    await this.#ask("PATCH", `/${name}/offsets`, { offsets: [{ partition, offset }] });
  }

  async resume(name: string): Promise<void> {
    await this.#ask("PUT", `/${name}/resume`);
  }

  async remove(name: string): Promise<void> {
    await this.#ask("DELETE", `/${name}`);
  }

  /** Of the connector and its tasks. */
  async status(name: string): Promise<{ readonly runs: boolean; readonly problem: string | undefined }> {
    const { connector, tasks } = (await this.#ask("GET", `/${name}/status`)) as {
      readonly connector: State;
      readonly tasks: readonly State[];
    };
    const all = [connector, ...tasks];
    const failed = all.find(({ state }) => state === "FAILED");
    return {
      runs: tasks.length > 0 && all.every(({ state }) => state === "RUNNING"),
      problem: failed === undefined ? undefined : `${name}: ${failed.trace ?? "failed"}`,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.#process);
    await this.broker[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<true> {
    if (this.#process.exitCode !== null)
      throw new Error(await readFile(join(this.#folder, "connect.log"), "utf8"));
    await this.#ask("GET", "").catch((cause: unknown) => {
      throw new RetryableError("not-yet", "it does not answer", { cause });
    });
    return true;
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/connectors${path}`, {
      ...{ method, headers: { "content-type": "application/json" } },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Kafka Connect: ${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
}

interface State {
  readonly state: string;
  readonly trace?: string;
}

function worker(folder: string, port: number, broker: string, plugins: string): string {
  const lines = {
    "bootstrap.servers": broker,
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "offset.storage.file.filename": join(folder, "offsets"),
    "plugin.path": plugins,
    // Some of the plugins bring no list of what is in them.
    "plugin.discovery": "hybrid_warn",
    listeners: `http://127.0.0.1:${port}`,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
