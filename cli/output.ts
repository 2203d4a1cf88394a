import type { Writable } from "node:stream";
import { styleText } from "node:util";

/** A stream that may be a terminal. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export type Style = "red" | "green" | "yellow" | "dim" | "bold";

export interface OutputOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** One JSON object goes to standard output and nothing else. */
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** Whether lines on standard error can be redrawn. */
  readonly live?: boolean;
}

/**
 * What people and scripts read. Results go to standard output, everything on the way to standard error, where a block of lines may
 * be kept at the bottom of a terminal and redrawn.
 */
export class Output {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly live: boolean;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  #block: readonly string[] = [];

  constructor({ stdout, stderr, json = false, verbose = false, live = false }: OutputOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.json = json;
    this.verbose = verbose;
    this.live = live;
  }

  /** The result of the command: as text, or as JSON when that was asked for. */
  result(text: string, json: Readonly<Record<string, unknown>>): void {
    this.keep([]);
    if (this.json) this.#stdout.write(`${JSON.stringify(json)}\n`);
    else if (text !== "") this.#stdout.write(`${text}\n`);
  }

  /** Text as it comes, such as the lines of a log. */
  stream(text: string): void {
    (this.json ? this.#stderr : this.#stdout).write(text);
  }

  /** One of many results: a line of JSON when that was asked for, else a note. */
  line(text: string, json: Readonly<Record<string, unknown>>): void {
    if (this.json) this.#stdout.write(`${JSON.stringify(json)}\n`);
    else this.note(text);
  }

  /** A line on the way; stays above the kept block. */
  note(text: string): void {
    const block = this.#block;
    this.keep([]);
    this.#stderr.write(`${text}\n`);
    this.keep(block);
  }

  /** Replaces the block at the bottom; does nothing where lines cannot be redrawn. */
  keep(lines: readonly string[]): void {
    if (!this.live) return;
    const up = this.#block.length === 0 ? "" : `\u001B[${this.#block.length}A\u001B[0J`;
    // A line that wraps, or more lines than fit, would make the cursor go up too little.
    const width = (this.#stderr.columns ?? 80) - 1;
    const shown = lines.slice(0, Math.max(1, (this.#stderr.rows ?? 24) - 2));
    this.#block = shown;
    this.#stderr.write(up + shown.map((line) => `${shorten(line, width)}\n`).join(""));
  }

  /** Each line of a result cut to the terminal's width; whole where there is none. */
  fit(text: string): string {
    const width = this.#stdout.isTTY === true ? this.#stdout.columns : undefined;
    return width === undefined
      ? text
      : text
          .split("\n")
          .map((line) => shorten(line, width))
          .join("\n");
  }

  /** Colour where the text goes to a terminal and NO_COLOR is not set. */
  paint(style: Style, text: string, where: "result" | "note"): string {
    return styleText(style, text, { stream: where === "note" ? this.#stderr : this.#stdout });
  }
}

function shorten(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
