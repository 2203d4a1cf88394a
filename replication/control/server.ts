import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { HotsiteError } from "../../core/errors.ts";
import { answerOf } from "./answer.ts";

/** What can be asked of a process, by name. The signal ends when the asker goes away. */
export type Verbs = Readonly<Record<string, (input: unknown, signal: AbortSignal) => Promise<unknown>>>;

/** Answers on a unix socket that only this user and root may use, until the signal ends. `listening`: from now on it does. */
export async function serveControl(
  socket: string,
  verbs: Verbs,
  signal: AbortSignal,
  listening: () => void = () => undefined,
): Promise<void> {
  signal.throwIfAborted();
  const server = createServer((request, response) => void reply(verbs, request, response, signal));
  // A socket left by a killed process would refuse the new one.
  await rm(socket, { force: true });
  server.listen(socket);
  await once(server, "listening", { signal });
  await chmod(socket, 0o600);
  listening();
  try {
    await endOf(signal);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Resolves when the signal ends. */
export async function endOf(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

async function reply(
  verbs: Verbs,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const answer = await answerOf(async () => {
    const verb = verbs[(request.url ?? "").slice(1)];
    if (verb === undefined)
      throw new HotsiteError("unknown-verb", `nothing is called ${request.url ?? "nothing"}`);
    const body = await text(request);
    return verb(body === "" ? undefined : JSON.parse(body), AbortSignal.any([signal, gone.signal]));
  });
  response.end(JSON.stringify(answer));
}
