import { firstLine } from "./first-line.ts";
import type { Observer, RunEvent } from "../workflow/events.ts";
import type { Output } from "./output.ts";
import { duration, timestamp } from "./time.ts";

/** A log file does not want every percent. */
const reportEveryMs = 5000;

/** Where lines cannot be redrawn: one timestamped line for each thing that happens. */
export class PlainProgress implements Observer, Disposable {
  readonly #output: Output;
  readonly #reported = new Map<string, number>();

  constructor(output: Output) {
    this.#output = output;
  }

  onEvent(event: RunEvent): void {
    const line = this.#lineOf(event);
    if (line !== undefined) this.#output.note(`${timestamp(Date.now())}  ${line}`);
  }

  [Symbol.dispose](): void {
    this.#reported.clear();
  }

  #lineOf(event: RunEvent): string | undefined {
    switch (event.kind) {
      case "step-started":
        return `… ${event.step}`;
      case "step-progress":
        return this.#isDue(event.step) ? `… ${event.step}: ${event.text}` : undefined;
      case "step-retried":
        return `… ${event.step}: attempt ${event.attempt} after: ${firstLine(event.error.message)}`;
      case "step-done":
        return `✔ ${event.step}  ${duration(event.ms)}`;
      case "step-failed":
        return event.error.code === "cancelled"
          ? undefined
          : `✖ ${event.step}: ${firstLine(event.error.message)}`;
      case "step-undo-failed":
        return `✖ ${event.step}: could not be taken back: ${firstLine(event.error.message)}`;
      case "step-undoing":
        return `↶ ${event.step}: taking back`;
      case "step-undone":
        return `↶ ${event.step}: taken back`;
      default:
        return undefined;
    }
  }

  #isDue(step: string): boolean {
    const now = Date.now();
    if (now - (this.#reported.get(step) ?? 0) < reportEveryMs) return false;
    this.#reported.set(step, now);
    return true;
  }
}
