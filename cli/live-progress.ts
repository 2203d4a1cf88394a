import { firstLine } from "./first-line.ts";
import type { Observer, RunEvent } from "../workflow/events.ts";
import type { Failure } from "../workflow/records.ts";
import type { Output } from "./output.ts";
import { duration } from "./time.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 100;

interface Running {
  readonly since: number;
  readonly undoing: boolean;
  text: string;
}

/** In a terminal: finished steps scroll away upwards, running ones stay at the bottom with what they report. */
export class LiveProgress implements Observer, Disposable {
  readonly #output: Output;
  readonly #running = new Map<string, Running>();
  readonly #timer: NodeJS.Timeout;
  #frame = 0;

  constructor(output: Output) {
    this.#output = output;
    this.#timer = setInterval(() => this.#tick(), frameMs).unref();
  }

  onEvent(event: RunEvent): void {
    switch (event.kind) {
      case "step-started":
      case "step-undoing":
        this.#running.set(event.step, {
          since: Date.now(),
          undoing: event.kind === "step-undoing",
          text: "",
        });
        break;
      case "step-progress":
        this.#tell(event.step, event.text);
        break;
      case "step-retried":
        this.#tell(event.step, `attempt ${event.attempt} after: ${firstLine(event.error.message)}`);
        break;
      case "step-done":
        this.#end(event.step, "✔", duration(event.ms));
        break;
      case "step-failed":
      case "step-undo-failed":
        this.#fail(event.step, event.error);
        break;
      case "step-undone":
        this.#end(event.step, "↶", "taken back");
        break;
      default:
        break;
    }
    this.#draw();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#output.keep([]);
  }

  #tell(step: string, text: string): void {
    const running = this.#running.get(step);
    if (running !== undefined) running.text = text;
  }

  /** A step that was stopped because another one failed is no news. */
  #fail(step: string, { code, message }: Failure): void {
    if (code === "cancelled") this.#running.delete(step);
    else this.#end(step, "✖", firstLine(message));
  }

  #end(step: string, mark: "✔" | "✖" | "↶", text: string): void {
    this.#running.delete(step);
    const style = mark === "✖" ? "red" : mark === "✔" ? "green" : "yellow";
    this.#output.note(
      `  ${this.#output.paint(style, mark, "note")} ${step}  ${this.#output.paint("dim", text, "note")}`,
    );
  }

  #tick(): void {
    this.#frame = (this.#frame + 1) % frames.length;
    this.#draw();
  }

  #draw(): void {
    const lines = [...this.#running].map(([step, { since, undoing, text }]) => {
      const what = undoing ? `taking back ${step}` : step;
      return `  ${frames[this.#frame] ?? ""} ${what}  ${duration(Date.now() - since)}${text === "" ? "" : `  ${text}`}`;
    });
    this.#output.keep(lines);
  }
}
