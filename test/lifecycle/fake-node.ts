import type { Command } from "../../core/command.ts";
import { CommandError, type CommandResult, type RunOptions, type Shell } from "../../core/shell.ts";

/** What a machine has of its one service. Its version "broken" starts and never becomes ready. */
interface State {
  version: string | undefined;
  running: boolean;
  /** Sums of its files and what it remembers of stages, by path. */
  readonly files: Map<string, string>;
  readonly kept: Map<string, Kept>;
}

type Kept = Omit<State, "kept">;

/** A machine that understands the few commands that the lifecycle sends to it. */
export class FakeNode {
  readonly state: State = { version: undefined, running: false, files: new Map(), kept: new Map() };
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  get works(): boolean {
    return this.state.running && this.state.version !== "broken";
  }

  shell(): Shell {
    const unused = () => Promise.reject(new Error("no machine here does that"));
    return {
      node: this.name,
      run: async (command, _signal, options) => this.#answer(command, options),
      upload: () => Promise.resolve([]),
      download: unused,
      forward: unused,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  #answer(command: Command, { accept = [0] }: RunOptions = {}): CommandResult {
    const { code, stdout } = this.#run(command);
    if (accept.includes(code)) return { code, stdout: stdout.trimEnd(), stderr: "" };
    const said = { stdout, stderr: "", endedBy: null };
    throw new CommandError({ node: this.name, command: JSON.stringify(command), exit: code, ...said });
  }

  #run(command: Command): { code: number; stdout: string } {
    if (command.kind === "all" || command.kind === "pipe") {
      let stdout = "";
      for (const part of command.commands) {
        const result = this.#run(part);
        stdout += result.stdout;
        if (result.code !== 0) return { code: result.code, stdout };
      }
      return { code: 0, stdout };
    }
    if (command.kind === "either") {
      const first = this.#run(command.first);
      if (first.code === 0) return first;
      const second = this.#run(command.second);
      return { code: second.code, stdout: first.stdout + second.stdout };
    }
    if (command.kind === "script") return this.#script(command.text.split("\n")[0] ?? "", command.args);
    return command.argv[0] === "sh" ? this.#put(String(command.stdin)) : this.#service(command.argv);
  }

  #service([verb, version]: readonly string[]): { code: number; stdout: string } {
    const { state } = this;
    if (verb === "configure") state.version = version;
    if (verb === "start") state.running = true;
    if (verb === "stop") state.running = false;
    const wrong = (verb === "ready" && !this.works) || (verb === "alive" && !state.running);
    return { code: wrong ? 1 : 0, stdout: "" };
  }

  /** Files are known by their sums; a changed one makes the node forget the stage. */
  #put(text: string): { code: number; stdout: string } {
    const { files } = this.state;
    const record = /hs_forget\(\) \{ rm -f -- '?([^';]+)'?; \}/.exec(text)?.[1] ?? "";
    let changed = "";
    for (const [, path = "", sum = "", index = ""] of text.matchAll(
      /^hs_put '?([^' ]+)'? '?(\w+)'? .* '?(\d+)'? <</gm,
    )) {
      if (files.get(path) === sum) continue;
      files.delete(record);
      files.set(path, sum);
      changed += ` ${index}`;
    }
    return { code: 0, stdout: `${changed}\n` };
  }

  #script(title: string, args: readonly string[]): { code: number; stdout: string } {
    const { files, kept } = this.state;
    const [first = "", second = "", third = ""] = args;
    const ok = (stdout = "") => ({ code: 0, stdout });
    switch (title) {
      case "# compare with the last time":
        return files.get(first) === second ? ok("known\n") : { code: 1, stdout: "new\n" };
      case "# compare, and leave as it is":
        return { code: this.#compare(args), stdout: "" };
      case "# remember this stage":
        files.set(first, second);
        return ok();
      // The lists of files are for what a newer plan drops, and no plan of these tests drops a file.
      case "# note which files there are":
      case "# remove files that are no longer wanted":
        return ok();
      case "# keep what runs":
        if (!files.has(first) || !files.has(second)) return { code: 66, stdout: "" };
        if (!kept.has(third)) kept.set(third, this.#copy());
        return ok();
      case "# use what was kept":
        return this.#use(kept.get(first), second, third);
      default:
        if (!title.startsWith("rm -rf")) throw new Error(`no machine here knows ${title}`);
        kept.delete(first);
        return ok();
    }
  }

  #use(kept: Kept | undefined, what: string, start: string): { code: number; stdout: string } {
    if (kept === undefined) return { code: 1, stdout: "" };
    if (what === "ready") return { code: this.works ? 0 : 1, stdout: "" };
    if (what === "back") Object.assign(this.state, structuredClone(kept), { running: start === "start" });
    return { code: 0, stdout: "" };
  }

  #compare([record = "", missing, fingerprint, ...facts]: readonly string[]): number {
    const { files } = this.state;
    if (!files.has(record)) return Number(missing);
    const sums = facts.filter((_, place) => place % 4 === 1);
    const paths = facts.filter((_, place) => place % 4 === 0);
    const same = paths.every((path, place) => files.get(path) === sums[place]);
    return same && files.get(record) === fingerprint ? 0 : 77;
  }

  #copy(): Kept {
    const { version, running, files } = this.state;
    return { version, running, files: new Map(files) };
  }
}
