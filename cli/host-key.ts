import { execFile } from "node:child_process";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Endpoint } from "../core/driver.ts";
import { RetryableError } from "../core/errors.ts";
import { fingerprintOf, hostKeyChanged } from "../remote/host-key.ts";

/** A node, and which host key it has to show. */
interface PinnedNode {
  readonly node: string;
  /** What people know it by. */
  readonly at: Endpoint;
  /** Where it answers, as seen from here. */
  readonly endpoint: Endpoint;
  readonly pinned: string;
}

/**
 * Writes a known_hosts file that holds the one key with this fingerprint under the node's name, so that the system's own ssh accepts no
 * other. Only the fingerprint is pinned; the key itself is asked from the host and compared.
 */
export async function pinKnownHost(place: PinnedNode, path: string, signal: AbortSignal): Promise<void> {
  const { node, at, pinned } = place;
  const keys = await scan(place, signal);
  const key = keys.find((candidate) => fingerprint(candidate) === pinned);
  if (key === undefined) {
    const now = keys.map(fingerprint).join(" ");
    throw hostKeyChanged(node, { node, host: at.host }, { pinned, now });
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.${process.pid}`, `${node} ${key}\n`, { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
}

/** The host keys that it has, each as `type key`. */
async function scan({ node, at, endpoint }: PinnedNode, signal: AbortSignal): Promise<readonly string[]> {
  const { host, port } = endpoint;
  const asked = promisify(execFile)("ssh-keyscan", ["-T", "5", "-p", String(port), host], { signal });
  const { stdout } = await asked.catch((cause: unknown) => {
    signal.throwIfAborted();
    throw unreachable(node, at, cause);
  });
  const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0) throw unreachable(node, at);
  return lines.map((line) => line.slice(line.indexOf(" ") + 1));
}

function unreachable(node: string, { host, port }: Endpoint, cause?: unknown): RetryableError {
  return new RetryableError("unreachable", `${node}: no SSH server answers at ${host}:${port}`, {
    hint: `hotsite doctor ${node} says why`,
    cause,
  });
}

/** Of a key as `type key`. */
function fingerprint(key: string): string {
  return fingerprintOf(Buffer.from(key.split(" ")[1] ?? "", "base64"));
}
