import { randomBytes } from "node:crypto";
import type { Command } from "../core/command.ts";
import { HotsiteError } from "../core/errors.ts";
import { CommandError, type CommandResult, type RunOptions } from "../core/shell.ts";
import { describeCommand } from "./describe.ts";
import { redactor, secretsIn } from "./redact.ts";
import { render, type Leaf } from "./render.ts";

/** How a shell ended: an exit code or a signal. */
export interface Ending {
  readonly code: number | null;
  readonly endedBy: string | null;
}

/** What one answer may hold in memory. */
const mostCharacters = 32 * 1024 * 1024;

/**
 * One run of a command: the script that goes to `sh`, and what comes back. The script tells its process id first and, when it fails, which
 * part failed, as marks inside stderr that nobody else sees.
 */
export class Transcript {
  /** The whole script. Its braces make the shell read all of it before it runs any: a connection that breaks halfway runs nothing. */
  readonly script: string;
  /** The id of the shell's process group, once it has said so. */
  readonly pid: Promise<number>;
  readonly #command: Command;
  readonly #leaves: readonly Leaf[];
  readonly #options: RunOptions;
  readonly #redact: (text: string) => string;
  readonly #mark: RegExp;
  readonly #marks: number[] = [];
  readonly #said = { stdout: "", stderr: "" };
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  #held = "";
  #preamble = "";
  #heard = 0;
  #tooLong = false;
  #tellPid: (pid: number) => void = () => undefined;

  constructor(command: Command, options: RunOptions = {}) {
    const nonce = randomBytes(9).toString("hex");
    const { text, leaves } = render(command);
    this.script = scriptOf(text, nonce);
    this.#command = command;
    this.#leaves = leaves;
    this.#options = options;
    this.#redact = redactor(secretsIn(command));
    this.#mark = new RegExp(`\x1e${nonce} (\\d+)\x1e`, "g");
    this.pid = new Promise((resolve) => (this.#tellPid = resolve));
  }

  /** Bytes of output so far. */
  get heard(): number {
    return this.#heard;
  }

  take(stream: "stdout" | "stderr", chunk: Uint8Array): void {
    this.#heard += chunk.byteLength;
    const text = this.#decoders[stream].decode(chunk, { stream: true });
    this.#keep(stream, stream === "stdout" ? text : this.#sift(text));
  }

  /** What was said instead of running the script; undefined once the script runs. */
  get refusal(): string | undefined {
    return this.#marks.length > 0 ? undefined : this.#preamble.trim();
  }

  /** The result, or a `CommandError` that names what failed. */
  result(node: string, ending: Ending): CommandResult {
    this.#keep("stderr", this.#held + this.#decoders.stderr.decode());
    this.#keep("stdout", this.#decoders.stdout.decode());
    const { code } = ending;
    const [stdout, stderr] = [withoutBreaks(this.#said.stdout), withoutBreaks(this.#said.stderr)];
    if (this.#tooLong) {
      throw new HotsiteError(
        "output-too-long",
        `${node}: ${this.describe()}: more than ${mostCharacters} characters of output`,
      );
    }
    if (code !== null && (this.#options.accept ?? [0]).includes(code)) return { code, stdout, stderr };
    const [failed, said] = [this.#failed(), { stdout: this.#redact(stdout), stderr: this.#redact(stderr) }];
    throw new CommandError({ node, command: failed, exit: code, endedBy: ending.endedBy, ...said });
  }

  /** The whole command, for messages. */
  describe(): string {
    return this.#redact(describeCommand(this.#command));
  }

  #failed(): string {
    const leaf = this.#leaves[this.#marks[1] ?? -1];
    return leaf === undefined ? this.describe() : this.#redact(describeCommand(leaf));
  }

  #keep(stream: "stdout" | "stderr", text: string): void {
    if (text === "") return;
    this.#options.onOutput?.(this.#redact(text), stream);
    const all = this.#said[stream] + text;
    // Who watches the output as it comes does not need all of it at the end.
    if (all.length > mostCharacters && this.#options.onOutput === undefined) this.#tooLong = true;
    this.#said[stream] = all.length > mostCharacters ? all.slice(-mostCharacters / 2) : all;
  }

  /** Text of stderr without the marks, and without what comes before the first: sshd's or sudo's words. What may be the beginning of a mark waits for the rest. */
  #sift(text: string): string {
    const whole = this.#held + text;
    const begins = this.#marks.length > 0 ? 0 : whole.search(this.#mark);
    if (begins < 0) {
      this.#held = whole;
      this.#preamble = whole;
      return "";
    }
    const clean = whole.slice(begins).replace(this.#mark, (_, value: string) => this.#note(Number(value)));
    const start = clean.lastIndexOf("\x1e");
    const cut = start >= 0 && clean.length - start < 64 ? start : clean.length;
    this.#held = clean.slice(cut);
    return clean.slice(0, cut);
  }

  #note(value: number): string {
    this.#marks.push(value);
    if (this.#marks.length === 1) this.#tellPid(value);
    return "";
  }
}

function scriptOf(body: string, nonce: string): string {
  const mark = `printf '\\036%s %s\\036' ${nonce}`;
  return [
    "{",
    'export LC_ALL=C.UTF-8 PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin"',
    "umask 022",
    // Under sudo the group may be sudo's own: the shell then leads none.
    "hs_group=$$; if [ -r /proc/$$/stat ]; then read -r hs_ hs_ hs_ hs_ hs_group hs_ </proc/$$/stat; fi",
    `${mark} "$hs_group" >&2`,
    body,
    `if [ "$hs" -ne 0 ]; then ${mark} "$hs_at" >&2; fi`,
    'exit "$hs"',
    "} </dev/null",
    "",
  ].join("\n");
}

function withoutBreaks(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}
