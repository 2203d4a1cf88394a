import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { serveControl } from "../control/server.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { verbsOf } from "../gateway/verbs.ts";

/** How a link is begun, step by step. */
export interface Beginning {
  /** Reads the link's folder. */
  readonly open: () => Promise<Gateway>;
  readonly begin: (gateway: Gateway) => Promise<void>;
}

export interface ServedGateway {
  /** The caller's to dispose of. */
  readonly gateway: Gateway;
  /** Settles when nobody is answered any more. */
  readonly served: Promise<void>;
}

/**
 * Serves a link's control socket until the signal ends, and begins the link behind it. The socket is there before the link's folder is read:
 * whoever changes the folder of a link at rest looks at the socket after that, so that a change is either read or told.
 */
export async function beginServed(
  socket: string,
  beginning: Beginning,
  signal: AbortSignal,
): Promise<ServedGateway> {
  await mkdir(dirname(socket), { recursive: true, mode: 0o700 });
  let listening: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => (listening = resolve));
  const begun = heard.then(() => beginAs(beginning));
  const served = serveControl(socket, verbsOf(begun), signal, listening);
  const cannot = served.then(() => new Promise<never>(() => undefined));
  return { gateway: await Promise.race([begun, cannot]), served };
}

async function beginAs({ open, begin }: Beginning): Promise<Gateway> {
  const gateway = await open();
  try {
    await begin(gateway);
    return gateway;
  } catch (error) {
    await gateway[Symbol.asyncDispose]();
    throw error;
  }
}
