import type { LogBatch } from "../../core/log.ts";
import { answerOf } from "../control/answer.ts";
import type { ProcessorLog } from "../processor.ts";
import { sentAhead, type FromThread, type ToThread } from "./messages.ts";

type Asked = Extract<FromThread, { readonly kind: "read" | "taken" | "tail" | "trim" }>;

/** Lets the thread read the log that this one has open: only one thread at a time may have its file or its connections. */
export class LogServer implements AsyncDisposable {
  readonly #log: ProcessorLog;
  readonly #tell: (message: ToThread, transfer?: readonly ArrayBuffer[]) => void;
  #reading: { readonly number: number; readonly stop: AbortController; credit: Credit } | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(log: ProcessorLog, tell: (message: ToThread, transfer?: readonly ArrayBuffer[]) => void) {
    this.#log = log;
    this.#tell = tell;
  }

  take(asked: Asked): void {
    if (asked.kind === "read") this.#begin(asked.reading, asked.from);
    else if (asked.kind === "taken") {
      if (this.#reading?.number === asked.reading) this.#reading.credit.add();
    } else void this.#answer(asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reading?.stop.abort();
    this.#reading?.credit.add();
    await this.#ended;
  }

  async #answer(asked: Extract<Asked, { readonly kind: "tail" | "trim" }>): Promise<void> {
    const answer = await answerOf(() =>
      asked.kind === "trim" ? this.#log.trim(asked.upTo) : this.#tail().then((last) => ({ last })),
    );
    this.#tell({ kind: "answer", call: asked.call, answer });
  }

  #begin(number: number, from: number): void {
    this.#reading?.stop.abort();
    this.#reading?.credit.add();
    const reading = { number, stop: new AbortController(), credit: new Credit(sentAhead) };
    this.#reading = reading;
    this.#ended = this.#ended.then(async () => {
      const { signal } = reading.stop;
      const answer = await answerOf(() => this.#send(number, from, reading.credit, signal));
      if (!answer.ok && !signal.aborted) this.#tell({ kind: "unread", reading: number, answer });
    });
  }

  async #send(reading: number, from: number, credit: Credit, signal: AbortSignal): Promise<void> {
    for await (const batch of this.#log.read(from, signal)) {
      await credit.spend();
      if (signal.aborted) return;
      const payload = new Uint8Array(batch.payload);
      const own: LogBatch = { ...batch, payload };
      this.#tell({ kind: "batch", reading, batch: own, tail: await this.#tail() }, [payload.buffer]);
    }
  }

  async #tail(): Promise<number> {
    return (await this.#log.tail())?.last ?? 0;
  }
}

/** How much may be sent before the other side has taken some. */
class Credit {
  #left: number;
  #wake: () => void = () => undefined;

  constructor(left: number) {
    this.#left = left;
  }

  add(): void {
    this.#left += 1;
    this.#wake();
  }

  async spend(): Promise<void> {
    while (this.#left === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#left -= 1;
  }
}
