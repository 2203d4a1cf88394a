import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startHotsite, type Running } from "../cli/process.ts";
import type { Ended } from "../cli/support.ts";
import { everythingOf, removeEverythingOf } from "./everything.ts";

/** What the command printed as JSON; each test knows what it asked for. */
export type Answer = Readonly<Record<string, unknown>>;

const root = fileURLToPath(new URL("../../", import.meta.url));

/** An application in a folder of its own, which tests handle with the real command. Whoever opens it disposes of it. */
export class Scene implements AsyncDisposable {
  /** Of the application: unique, so that its machines are told from all others. */
  readonly name: string;
  readonly folder: string;
  readonly #running = new Set<Running>();

  private constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
  }

  /** A copy of a folder with a config, below the repository; its application gets a name of its own. */
  static async of(source: string): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), "hotsite-e2e-"));
    await cp(join(root, source), folder, { recursive: true });
    // What a config imports besides "hotsite", as if installed beside it.
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    const name = `e2e-${randomBytes(3).toString("hex")}`;
    const scene = new Scene(name, folder);
    await scene.edit(/application\("[^"]+"/, `application("${name}"`);
    return scene;
  }

  /** Changes the config as a person would. */
  async edit(from: RegExp | string, to: string): Promise<void> {
    const path = join(this.folder, "hotsite.config.ts");
    const text = await readFile(path, "utf8");
    const edited = text.replace(from, () => to);
    if (edited === text) throw new Error(`the config does not hold ${String(from)}`);
    await writeFile(path, edited);
  }

  /** Runs a command line to its end and gives its JSON; throws unless it says that all is well. */
  async run(...words: readonly string[]): Promise<Answer> {
    const { stdout, stderr, code } = await this.attempt(words);
    if (code !== 0) throw new Error(`hotsite ${words.join(" ")}: exit ${code}\n${stdout}\n${stderr}`);
    return JSON.parse(stdout) as Answer;
  }

  /** Runs a command line to its end, whatever that is. */
  attempt(
    words: readonly string[],
    env: NodeJS.ProcessEnv = {},
    started: (running: Running) => void = () => undefined,
  ): Promise<Ended> {
    const running = this.start(words, env);
    started(running);
    return running.ended;
  }

  /** Starts a command line; it is killed when the scene ends before it. */
  start(words: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
    const options = words[0] === "ssh" ? [] : ["--json"];
    const running = startHotsite(["--config", this.folder, ...options, ...words], this.folder, env);
    this.#running.add(running);
    const forget = (): boolean => this.#running.delete(running);
    running.ended.then(forget, forget);
    return running;
  }

  /** Runs a command line that dies right after its n-th journal write; false when it reached its end before. */
  async killedAfter(write: number, ...words: readonly string[]): Promise<boolean> {
    const { code, stdout, stderr } = await this.attempt(words, {
      HOTSITE_KILL_AFTER_JOURNAL_WRITE: String(write),
    });
    if (code > 0) throw new Error(`hotsite ${words.join(" ")}: exit ${code}\n${stdout}\n${stderr}`);
    return code < 0;
  }

  /** Runs a command line that dies when what `arm` is given is called; false when it reached its end before. */
  async killedBy(arm: (kill: () => void) => void, ...words: readonly string[]): Promise<boolean> {
    const { code, stdout, stderr } = await this.attempt(words, {}, (running) =>
      arm(() => running.kill("SIGKILL")),
    );
    if (code > 0) throw new Error(`hotsite ${words.join(" ")}: exit ${code}\n${stdout}\n${stderr}`);
    return code < 0;
  }

  /** What one command prints on a node. */
  async on(node: string, ...command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(["ssh", node, "--", ...command]);
    if (code !== 0) throw new Error(`${node}: ${command.join(" ")}: exit ${code}\n${stdout}\n${stderr}`);
    return stdout.trim();
  }

  /** Names of all that the container engine has of the application. */
  left(): Promise<readonly string[]> {
    return everythingOf(this.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#running) running.kill("SIGKILL");
    await Promise.all([...this.#running].map(({ ended }) => ended));
    // The engine is asked directly: the command may be what is broken.
    await removeEverythingOf(this.name);
    await rm(this.folder, { recursive: true, force: true });
  }
}
