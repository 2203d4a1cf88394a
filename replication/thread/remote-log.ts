import type { MessagePort } from "node:worker_threads";
import { z } from "zod";
import type { LogBatch } from "../../core/log.ts";
import { valueOf, type Answer } from "../control/answer.ts";
import type { ProcessorLog } from "../processor.ts";
import type { FromThread, ToThread } from "./messages.ts";

type Told = Extract<ToThread, { readonly kind: "batch" | "unread" | "answer" }>;

const tailAnswer = z.object({ last: z.number() });

/** The log that the other thread has open. */
export class RemoteLog implements ProcessorLog {
  readonly #port: MessagePort;
  #reading = 0;
  #calls = 0;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #come: Told[] = [];
  #wake: () => void = () => undefined;
  /** While batches come, what the last one said: asking would take as long as the other thread is busy. */
  #tail: number | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  take(told: Told): void {
    if (told.kind === "answer") {
      this.#answers.get(told.call)?.(told.answer);
      this.#answers.delete(told.call);
      return;
    }
    if (told.reading !== this.#reading) return;
    this.#come.push(told);
    this.#wake();
  }

  async *read(from: number, signal: AbortSignal): AsyncIterable<LogBatch> {
    const reading = (this.#reading += 1);
    this.#come = [];
    const wake = (): void => this.#wake();
    signal.addEventListener("abort", wake);
    this.#say({ kind: "read", reading, from });
    try {
      while (!signal.aborted) {
        const next = this.#come.shift();
        if (next === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
        else if (next.kind === "batch") {
          this.#tail = next.tail;
          this.#say({ kind: "taken", reading });
          yield next.batch;
        } else if (next.kind === "unread") valueOf(next.answer);
      }
    } finally {
      this.#tail = undefined;
      signal.removeEventListener("abort", wake);
    }
  }

  async tail(): Promise<{ readonly last: number }> {
    if (this.#tail !== undefined) return { last: this.#tail };
    return tailAnswer.parse(valueOf(await this.#ask((call) => ({ kind: "tail", call }))));
  }

  async trim(upTo: number): Promise<void> {
    valueOf(await this.#ask((call) => ({ kind: "trim", call, upTo })));
  }

  #ask(message: (call: number) => FromThread): Promise<Answer> {
    const call = (this.#calls += 1);
    return new Promise((resolve) => {
      this.#answers.set(call, resolve);
      this.#say(message(call));
    });
  }

  #say(message: FromThread): void {
    this.#port.postMessage(message);
  }
}
