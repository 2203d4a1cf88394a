import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Bundled CommonJS asks for Node's own modules by `require`. */
const requireBanner =
  '--banner:js=import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** A TypeScript file that tests run as processes of their own. Whoever builds it disposes of it, which ends them all. */
export class Program implements AsyncDisposable {
  readonly #bundle: string;
  readonly #running: ChildProcess[] = [];

  private constructor(bundle: string) {
    this.#bundle = bundle;
  }

  /** `packages: "bundled"`: what it imports of packages is one file with it, which starts in half the time where there are many files. */
  static async build(
    source: URL,
    { packages = "external" }: { packages?: "external" | "bundled" } = {},
  ): Promise<Program> {
    // Inside node_modules, so that the program finds its dependencies. The command of esbuild, because its API refuses to run inside jest.
    const bundle = `${root}node_modules/.cache/hotsite-tests/${basename(source.pathname, ".ts")}-${process.pid}.mjs`;
    await promisify(execFile)(`${root}node_modules/.bin/esbuild`, [
      fileURLToPath(source),
      ...[
        "--bundle",
        ...(packages === "external" ? ["--packages=external"] : [requireBanner]),
        "--platform=node",
        "--target=node20.19",
        "--format=esm",
        "--log-level=warning",
      ],
      `--outfile=${bundle}`,
    ]);
    return new Program(bundle);
  }

  /** `lines` is what it prints; its errors go to this process's. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; lines: Interface } {
    const child = spawn(process.execPath, [this.#bundle, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    this.#running.push(child);
    return { child, lines: createInterface(child.stdout) };
  }

  async endAll(): Promise<void> {
    await Promise.all(this.#running.splice(0).map(kill));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endAll();
    await rm(this.#bundle, { force: true });
  }
}

/** SIGKILL, and its end awaited; a process that has ended is fine. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Linux ends the program when the test process dies, however it dies. */
export function withParent(program: string, args: readonly string[]): [string, readonly string[]] {
  const setpriv = "/usr/bin/setpriv";
  return existsSync(setpriv) ? [setpriv, ["--pdeathsig", "KILL", program, ...args]] : [program, args];
}
