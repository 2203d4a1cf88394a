import mysql from "mysql2/promise";
import type { Connection, ConnectionOptions } from "mysql2/promise";
import type { Secret } from "../core/secret.ts";
import { within } from "./within.ts";

/** A database server, and the user as whom it is reached. */
export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  /** PEM of the authority that the server's certificate must be signed by; without it the connection is not encrypted. */
  readonly ca?: string;
  /** PEM of our own certificate and its key, where the server asks for one. */
  readonly cert?: string;
  readonly key?: Secret;
}

const connectMs = 10_000;
/** Longer than any chunk or lock wait takes. That a target is gone without a word is known before: see `SilenceWatch`. */
export const exchangeMs = 120_000;

/** The server's numbers for a user, password or client certificate that it does not take. */
export const refusesLogin: ReadonlySet<number> = new Set([1045, 1698]);
export const loginHint =
  "was its password changed, or has its client certificate run out? Give the link the new one, then run it again, or `hotsite replication resume`";
export const grantHint =
  "`hotsite replicate --check`, or `hotsite install` of an application, prints the GRANT that is missing";

/** What every connection of ours has in common. */
export function connectionOptions(server: ServerOptions): ConnectionOptions {
  const { host, port, user, password, ca, cert, key } = server;
  return {
    ...{ host, port, user, password: password.reveal() },
    ...(ca === undefined ? {} : { ssl: { ca, cert, key: key?.reveal(), rejectUnauthorized: true } }),
    connectTimeout: connectMs,
    supportBigNumbers: true,
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
  };
}

/** Connects, unless the signal or the time ends first: then what was begun is taken down as well. */
export async function connect(options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
  const connecting = mysql.createConnection(options);
  const connection = await within(connectMs, connecting, signal).catch((error: unknown) => {
    connecting.then(
      (late) => late.destroy(),
      () => undefined,
    );
    throw error;
  });
  // Without a listener a lost connection would end the process; whoever uses it is told by its next call.
  connection.on("error", () => undefined);
  return connection;
}
