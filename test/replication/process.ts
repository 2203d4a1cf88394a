import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Starts a TypeScript file of this folder as a process of its own: bundled first, as Node 20 does not run TypeScript. */
export function startScript(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, [bundle(join(root, "test/replication", name)), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  return child;
}

/** Inside the checkout, so that the packages are found; the test process's id keeps parallel runs apart. */
function bundle(entry: string): string {
  const out = join(root, "node_modules/.cache/hotsite", `${basename(entry, ".ts")}-${process.pid}.mjs`);
  execFileSync(join(root, "node_modules/.bin/esbuild"), [
    entry,
    `--outfile=${out}`,
    ...["--bundle", "--platform=node", "--format=esm", "--packages=external", "--log-level=warning"],
  ]);
  return out;
}
