import type { LinkStatus } from "../core/protection.ts";
import { linkLine } from "./link-text.ts";
import type { Output } from "./output.ts";
import { timestamp } from "./time.ts";

/** A log file does not want every second. */
const everyMs = 10_000;

/** Shows a running link: redrawn in a terminal, else a line at each change of its state and every ten seconds; lines of JSON with `--json`. */
export class LinkProgress implements Disposable {
  readonly #output: Output;
  #told: { readonly what: string; readonly ms: number } = { what: "", ms: 0 };

  constructor(output: Output) {
    this.#output = output;
  }

  show(status: LinkStatus, nowMs: number): void {
    if (this.#output.live) this.#output.keep([`  ${linkLine(status)}`]);
    const { state, problem = "" } = status;
    const what = `${state} ${problem}`;
    const changed = what !== this.#told.what;
    if (!changed && (this.#output.live || nowMs < this.#told.ms + everyMs)) return;
    this.#told = { what, ms: nowMs };
    this.#output.line(`${timestamp(nowMs)}  ${linkLine(status)}`, {
      ok: true,
      event: "status",
      atMs: nowMs,
      ...status,
    });
  }

  [Symbol.dispose](): void {
    this.#output.keep([]);
  }
}
