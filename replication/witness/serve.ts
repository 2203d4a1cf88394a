import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { z } from "zod";
import type { Logger } from "../../core/logger.ts";
import { serveControl, type Verbs } from "../control/server.ts";
import { AuthorityFile, authoritySchema } from "./authority.ts";
import type { WitnessConfig } from "./config.ts";

const grantInput = z.strictObject({ next: authoritySchema, expected: authoritySchema });

/** Answers database nodes that ask who may write, and takes grants from the control socket, until the signal ends. */
export async function serveWitness(
  config: WitnessConfig,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const authority = await AuthorityFile.open(join(config.stateFolder, "authority.json"));
  const server = await listen(config, authority, signal);
  logger.info("witness listens", { address: server.address(), ...authority.now });
  try {
    await serveControl(config.controlSocket, verbs(authority, logger), signal);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

function verbs(authority: AuthorityFile, logger: Logger): Verbs {
  return {
    authority: () => Promise.resolve(authority.now),
    grant: async (input) => {
      const { next, expected } = grantInput.parse(input);
      await authority.grant(next, expected);
      logger.info("authority granted", next);
    },
  };
}

async function listen(
  { host, port, certificate, key }: WitnessConfig,
  authority: AuthorityFile,
  signal: AbortSignal,
): Promise<Server> {
  const tls = { cert: await readFile(certificate), key: await readFile(key) };
  const server = createServer(tls, answer(authority));
  server.listen(port, host);
  await once(server, "listening", { signal });
  return server;
}

function answer(authority: AuthorityFile): RequestListener {
  return ({ method, url }, response) => {
    if (method !== "GET" || url !== "/authority") {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(`${JSON.stringify(authority.now)}\n`);
  };
}
