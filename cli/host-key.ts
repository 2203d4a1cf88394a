import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Endpoint } from "../core/driver.ts";
import { CredentialError, RetryableError } from "../core/errors.ts";

/**
 * Writes a known_hosts file that holds the one key with this fingerprint, so that the system's own ssh accepts no other.
 * Only the fingerprint is pinned; the key itself is asked from the host and compared.
 */
export async function pinKnownHost(
  node: string,
  at: Endpoint,
  pinned: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const lines = await scan(node, at, signal);
  const line = lines.find((candidate) => fingerprint(candidate) === pinned);
  if (line === undefined) {
    throw new CredentialError(
      `${node}: the host key changed\n    pinned  ${pinned}\n    now     ${lines.map(fingerprint).join(" ")}`,
      { hint: `If the machine was reinstalled: hotsite trust ${node}. If not, someone may be listening.` },
    );
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.${process.pid}`, `${line}\n`, { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
}

async function scan(node: string, { host, port }: Endpoint, signal: AbortSignal): Promise<readonly string[]> {
  const asked = promisify(execFile)("ssh-keyscan", ["-T", "5", "-p", String(port), host], { signal });
  const { stdout } = await asked.catch((cause: unknown) => {
    signal.throwIfAborted();
    throw unreachable(node, host, port, cause);
  });
  const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0) throw unreachable(node, host, port);
  return lines;
}

function unreachable(node: string, host: string, port: number, cause?: unknown): RetryableError {
  return new RetryableError("unreachable", `${node}: no SSH server answers at ${host}:${port}`, {
    hint: "`hotsite nodes` says whether it is running",
    cause,
  });
}

/** Of a line `host type key`. */
function fingerprint(line: string): string {
  const key = Buffer.from(line.split(/\s+/)[2] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}
