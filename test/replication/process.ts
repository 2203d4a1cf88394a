import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withParent } from "../support/program.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A process of our own code. */
export type Script = ChildProcess & { readonly stdout: NodeJS.ReadableStream };

/** Starts a TypeScript file as a process of its own: bundled first, as Node 20 does not run TypeScript. */
export function startScript(path: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Script {
  return start(process.execPath, [bundle(path), ...args], env);
}

/** The same with a disk of this size at `folder`, which only it sees, and which is gone with it. */
export function startScriptOnDisk(path: string, folder: string, megabytes: number): Script {
  const alone = process.getuid?.() === 0 ? "-m" : "-rm";
  const mounted = 'mount -t tmpfs -o size="$1m" none "$2" && exec "$3" "$4" "$2"';
  const args = [String(megabytes), folder, process.execPath, bundle(path)];
  return start("unshare", [alone, "sh", "-c", mounted, "sh", ...args], {});
}

function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Script {
  const [command, all] = withParent(program, args);
  return spawn(command, all, {
    stdio: ["ignore", "pipe", process.env.HOTSITE_TEST_LOG === undefined ? "ignore" : "inherit"],
    env: { ...process.env, ...env },
  });
}

/** Starts what runs on nodes: `gateway …`, `witness …`. */
export function startNode(args: readonly string[], env: NodeJS.ProcessEnv = {}): Script {
  bundle("replication/thread/processor-thread.ts");
  const script = startScript("replication/node.ts", args, env);
  script.stdout.resume();
  return script;
}

/** Resolves when the process is gone. */
export async function stopScript(script: Script | undefined, how: NodeJS.Signals): Promise<void> {
  if (script === undefined || script.exitCode !== null || script.signalCode !== null) return;
  const gone = once(script, "exit");
  script.kill(how);
  await gone;
}

const bundled = new Set<string>();

/** Inside the checkout, so that the packages are found. Put in place at once: parallel test processes make the same file. */
function bundle(entry: string): string {
  const out = join(root, "node_modules/.cache/hotsite", `${basename(entry, ".ts")}.mjs`);
  if (bundled.has(out)) return out;
  const fresh = `${out}.${process.pid}`;
  execFileSync(join(root, "node_modules/.bin/esbuild"), [
    join(root, entry),
    `--outfile=${fresh}`,
    ...["--bundle", "--target=node20.19", "--platform=node"],
    ...["--format=esm", "--packages=external", "--log-level=warning"],
  ]);
  renameSync(fresh, out);
  bundled.add(out);
  return out;
}
