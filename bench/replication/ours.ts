import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { openSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LinkOrder, LinkStatus } from "../../core/protection.ts";
import { waitFor } from "../../core/wait.ts";
import { askControl } from "../../replication/control/client.ts";
import { kill, withParent } from "../../test/support/program.ts";
import { account } from "./accounts.ts";
import type { Server } from "./flavour.ts";
import { untilEqual, type Contender, type Runner } from "./race.ts";
import { openRelay, type Relay } from "./relay.ts";
import type { Stage } from "./stage.ts";
import { database } from "./work.ts";

const warmMs = 60_000;
/** After so many Node has compiled what runs often. Debezium takes longer for the one that it is given. */
const warmPasses = 3;

export interface OursOptions {
  /** A first copy, or the stream from where the stage begins. */
  readonly begin?: LinkOrder["begin"];
  /**
   * Before the clock starts it has brought the same backlog to other targets, as a gateway has that runs for long, and its own tables are
   * at the target, as those of a replica are.
   */
  readonly warm?: boolean;
  /** Where the source is reached, when not directly. */
  readonly sourcePort?: number;
}

/** A gateway as it runs on a node, with its log on this disk. */
export function ours(programs: string, options: OursOptions = {}, name = "ours"): Contender {
  return { name, ready: (stage, target) => startGateway(programs, stage, target, options) };
}

async function startGateway(
  programs: string,
  stage: Stage,
  target: Server,
  { begin = "stream", sourcePort = stage.source.port, warm = false }: OursOptions,
): Promise<Runner> {
  const folder = await mkdtemp(join(tmpdir(), "hotsite-bench-gateway-"));
  const relay = await openRelay(target.port, 0);
  const gateway = await Gateway.start(programs, folder, {
    source: sourcePort,
    target: warm ? relay.port : target.port,
  });
  const start = begin === "stream" ? stage.from.gtid : "";
  const order = (epoch: number): LinkOrder => ({
    ...{ stream: `bench/db/${epoch}`, epoch, from: "east", to: "west", start, begin },
  });
  const runner = (epoch: number): Runner => ({
    pids: [gateway.pid],
    go: () => gateway.ask("start-order", order(epoch)).then(() => undefined),
    problem: async () => {
      const status = (await gateway.ask("status", undefined)) as LinkStatus;
      return status.state === "failed" ? status.problem : undefined;
    },
    [Symbol.asyncDispose]: async () => {
      await gateway.end();
      await relay[Symbol.asyncDispose]();
    },
  });
  if (!warm) return runner(1);
  try {
    for (let epoch = 1; epoch <= warmPasses; epoch += 1) {
      await warmUp(stage, relay, runner(epoch));
      await gateway.ask("stop", undefined);
    }
    relay.turnTo(target.port);
    await followNothing(stage, gateway, order(warmPasses + 1));
  } catch (error) {
    await runner(1)[Symbol.asyncDispose]();
    throw error;
  }
  return runner(warmPasses + 2);
}

async function warmUp(stage: Stage, relay: Relay, runner: Runner): Promise<void> {
  await using other = await stage.target();
  relay.turnTo(other.port);
  await runner.go();
  await untilEqual(stage, other, runner, AbortSignal.timeout(warmMs));
}

/** A link that begins behind the backlog, and hears of nothing: a source that is read-only gets no heartbeats. */
async function followNothing(stage: Stage, gateway: Gateway, order: LinkOrder): Promise<void> {
  const { source, flavour } = stage;
  await source.query("SET GLOBAL read_only = ON");
  const { gtid: start } = await flavour.place(source);
  await gateway.ask("start-order", { ...order, start });
  const wait = { timeoutMs: warmMs, intervalMs: 20, what: "the link to know its target" };
  const known = async (): Promise<true | undefined> => {
    const { applied } = (await gateway.ask("status", undefined)) as LinkStatus;
    return applied === undefined ? undefined : true;
  };
  await waitFor(known, wait, AbortSignal.timeout(warmMs));
  await gateway.ask("stop", undefined);
  await source.query("SET GLOBAL read_only = OFF");
}

class Gateway {
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
  }

  /** Resolves when it answers. */
  static async start(
    programs: string,
    folder: string,
    ports: { readonly source: number; readonly target: number },
  ): Promise<Gateway> {
    const config = join(folder, "gateway.json");
    await mkdir(join(folder, "state"));
    await writeFile(join(folder, "password"), account.password);
    await writeFile(config, JSON.stringify(configOf(folder, ports)));
    const journal = openSync(join(folder, "journal"), "w");
    const program = [join(programs, "gateway.mjs"), "gateway", "run", "--config", config];
    const [command, args] = withParent(process.execPath, program);
    const gateway = new Gateway(spawn(command, args, { stdio: ["ignore", journal, journal] }), folder);
    closeSync(journal);
    try {
      const wait = { timeoutMs: 20_000, intervalMs: 20, what: "the gateway to answer" };
      await waitFor(async () => gateway.#answers(), wait, AbortSignal.timeout(30_000));
      return gateway;
    } catch (error) {
      await gateway.end();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  ask(verb: string, input: unknown): Promise<unknown> {
    return askControl(join(this.#folder, "control.sock"), verb, input, AbortSignal.timeout(30_000));
  }

  async end(): Promise<void> {
    await kill(this.#process);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<true> {
    if (this.#process.exitCode !== null)
      throw new Error(await readFile(join(this.#folder, "journal"), "utf8"));
    await this.ask("status", undefined);
    return true;
  }
}

function configOf(folder: string, ports: { readonly source: number; readonly target: number }): object {
  const server = { host: "127.0.0.1", user: account.user, passwordFile: join(folder, "password") };
  return {
    site: "west",
    source: { ...server, site: "east", port: ports.source },
    target: { ...server, port: ports.target },
    databases: [database],
    stateFolder: join(folder, "state"),
    controlSocket: join(folder, "control.sock"),
  };
}
