import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { RetryableError } from "../../../core/errors.ts";
import { waitFor } from "../../../core/wait.ts";
import { kill } from "../../support/program.ts";
import { freePort } from "../../support/free-port.ts";

const run = promisify(execFile);

/** An EC2 API that nobody here wrote. Each version is known to the tests: another one is another folder. */
const packages = ["moto==5.2.5", "flask==3.1.3", "flask-cors==6.0.5", "PyYAML==6.0.3"];
const cache = join(process.env["HOTSITE_CACHE"] ?? join(homedir(), ".cache", "hotsite"), "moto-5.2.5");
const farm = fileURLToPath(new URL("./farm.py", import.meta.url));

/** Any value switches a check on that the real cloud makes. */
const strict = {
  MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: "1",
  MOTO_ENABLE_KEYPAIR_VALIDATION: "1",
  MOTO_ENABLE_AMI_VALIDATION: "1",
};

/** A running server of the API. */
export interface Moto extends AsyncDisposable {
  readonly port: number;
}

/** Starts one of our own on a free port of loopback; `env` is as `farm.py` reads it. */
export async function startMoto(env: NodeJS.ProcessEnv): Promise<Moto> {
  const python = await ensurePython();
  const port = await freePort();
  const child = spawn(python, [farm, "-H", "127.0.0.1", "-p", String(port)], {
    env: { ...process.env, ...strict, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said = (said + text.toString()).slice(-20_000)));
  const answers = async (): Promise<true> => {
    if (child.exitCode !== null) throw new Error(`moto ended with ${child.exitCode}:\n${said}`);
    await fetch(`http://127.0.0.1:${port}/moto-api/`).catch((error: unknown) => {
      throw new RetryableError("not-yet", String(error));
    });
    return true;
  };
  const dispose = async (): Promise<void> => {
    if (process.env["HOTSITE_MOTO_LOG"] !== undefined) process.stderr.write(said);
    await kill(child);
  };
  try {
    const wait = { timeoutMs: 30_000, intervalMs: 50, what: "moto to answer" };
    await waitFor(answers, wait, AbortSignal.timeout(60_000));
  } catch (error) {
    await dispose();
    throw error;
  }
  return { port, [Symbol.asyncDispose]: dispose };
}

/** Python with moto, in a folder of the tests' own, made at its first use. Several test processes may make it at once: the first one's stays. */
async function ensurePython(): Promise<string> {
  const python = join(cache, "bin", "python");
  if (existsSync(python)) return python;
  const making = `${cache}.${process.pid}`;
  await mkdir(join(cache, ".."), { recursive: true });
  try {
    await makeVenv(making);
    await run(join(making, "bin", "python"), ["-m", "pip", "install", "--quiet", ...packages]);
    await rename(making, cache).catch(async (error: unknown) => {
      await access(python).catch(() => {
        throw error;
      });
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return python;
}

/** Debian keeps the part of Python that makes these folders in a package of its own. */
async function makeVenv(folder: string): Promise<void> {
  await run("python3", ["-m", "venv", folder]).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    if (process.getuid?.() !== 0) throw error;
    await run("apt-get", ["update", "-qq"]);
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "python3-venv"]);
    await run("python3", ["-m", "venv", folder]);
  });
}
