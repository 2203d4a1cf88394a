import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { CapacityError } from "../../core/errors.ts";

/** Below the range from which systems give ports to outgoing connections: a stopped machine finds its own ports free again. */
const range = { first: 20_000, last: 31_999 };

/** Where a machine's ports are published on this host's loopback. */
export type PublishedPorts = ReadonlyMap<number, number>;

/** A free host port for each of these. `taken` are those promised to machines that may be off. */
export async function freePorts(
  wanted: readonly number[],
  taken: ReadonlySet<number>,
): Promise<PublishedPorts> {
  const found = new Map<number, number>();
  const size = range.last - range.first + 1;
  const start = randomInt(size);
  for (let step = 0; step < size && found.size < wanted.length; step++) {
    const port = range.first + ((start + step) % size);
    const next = wanted[found.size];
    if (next !== undefined && !taken.has(port) && (await isFree(port))) found.set(next, port);
  }
  if (found.size < wanted.length) {
    throw new CapacityError(`no free port from ${range.first} to ${range.last} on this host`);
  }
  return found;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch {
    return false;
  }
}

/** `22:20123,8080:20124`, as a label keeps them. */
export function printPorts(ports: PublishedPorts): string {
  return [...ports].map(([port, published]) => `${port}:${published}`).join(",");
}

export function parsePorts(text: string): PublishedPorts {
  const pairs = text.split(",").map((pair) => pair.split(":").map(Number));
  return new Map(
    pairs.flatMap(([port, published]) => (port && published ? [[port, published] as const] : [])),
  );
}
