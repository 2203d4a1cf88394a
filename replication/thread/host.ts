import { once } from "node:events";
import { existsSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { valueOf } from "../control/answer.ts";
import type { Applying, ProcessorOptions } from "../processor.ts";
import type { TargetOptions } from "../target.ts";
import { LogServer } from "./log-server.ts";
import type { FromThread, PlainServer, ToThread, Work } from "./messages.ts";

/**
 * A thread that applies, so that writing to the target has a processor core beside the one that reads the source. One for a process: it is
 * started before there is anything to apply.
 */
export class ProcessorThread implements AsyncDisposable {
  readonly #file: string;
  #worker: Worker;

  private constructor(file: string) {
    this.#file = file;
    this.#worker = newWorker(file);
  }

  /** Undefined where the program is not bundled, as in tests that run from sources: a thread needs a file of its own. */
  static async start(): Promise<ProcessorThread | undefined> {
    const file = fileURLToPath(new URL(`processor-thread${extname(import.meta.url)}`, import.meta.url));
    if (!existsSync(file)) return undefined;
    const thread = new ProcessorThread(file);
    await once(thread.#worker, "message");
    return thread;
  }

  processor(options: ProcessorOptions): Applying {
    return { run: (signal, until) => this.#run(options, until ?? Infinity, signal) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }

  async #run(options: ProcessorOptions, until: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    // One that died has thread id -1.
    if (this.#worker.threadId < 0) this.#worker = newWorker(this.#file);
    const worker = this.#worker;
    const { port1: here, port2: port } = new MessageChannel();
    const { target, order, skip, log, logger, onApplied, onTrouble } = options;
    const tell = (message: ToThread, transfer: readonly ArrayBuffer[] = []): void =>
      here.postMessage(message, transfer);
    const stop = (): void => tell({ kind: "stop" });
    await using serving = new LogServer(log, tell);
    try {
      await new Promise<void>((resolve, reject) => {
        const died = (cause: unknown): void => reject(threadDied(cause));
        worker.once("error", died).once("exit", died);
        here.on("message", (message: FromThread) => {
          if (message.kind === "applied") onApplied?.(message.applied, message.heartbeatMs);
          else if (message.kind === "trouble") onTrouble?.(message.problem);
          else if (message.kind === "log") logger[message.level](message.message, { ...message.fields });
          else if (message.kind !== "ended") serving.take(message);
          else {
            worker.off("error", died).off("exit", died);
            if (message.answer.ok) resolve();
            else reject(thrown(() => valueOf(message.answer)));
          }
        });
        const work: Work = { target: plain(target), order, ...(skip !== undefined && { skip }), until, port };
        worker.postMessage(work, [port]);
        signal.addEventListener("abort", stop);
      });
    } finally {
      signal.removeEventListener("abort", stop);
      here.close();
    }
  }
}

/** What is young is collected often: its room is half of what V8 would take. */
const youngMb = 24;

function newWorker(file: string): Worker {
  return new Worker(file, { resourceLimits: { maxYoungGenerationSizeMb: youngMb } });
}

function plain({ password, key, ...server }: TargetOptions): PlainServer {
  return { ...server, password: password.reveal(), ...(key !== undefined && { key: key.reveal() }) };
}

function threadDied(cause: unknown): HotsiteError {
  const why = typeof cause === "number" ? `exit code ${cause}` : messageOf(cause);
  return new HotsiteError("internal", `the thread that applies has died: ${why}`, { cause, retryable: true });
}

function thrown(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return new Error("an answer that is no failure");
}
