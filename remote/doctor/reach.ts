import { lookup } from "node:dns/promises";
import { connect as connectTo, type Socket } from "node:net";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { connect, type SshOptions } from "../connection.ts";
import { LoginRefusedError } from "../credentials.ts";
import { HostKeyChangedError } from "../host-key.ts";
import { within } from "../race.ts";
import type { Login, ReachFacts } from "./facts.ts";

/** Long enough for the other side of the world, short enough for a person who waits. */
const answerMs = 4000;

/** Knocks at a node: its name, its port, its server, its login. Every failure is a fact, none is thrown; only an abort is. */
export async function probeReach(options: SshOptions, signal: AbortSignal): Promise<ReachFacts> {
  const { host, port } = options.at;
  const at = { host, port, user: options.login.user };
  if (options.jump !== undefined) return { ...at, login: await logIn(options, signal) };
  const found = await addressesOf(host, signal);
  if ("failure" in found) return { ...at, lookup: found };
  const { connection, banner } = await knock(host, port, signal);
  const facts = { ...at, lookup: found, connection };
  if (connection !== "open") return facts;
  if (!isSsh(banner)) return { ...facts, banner };
  return { ...facts, banner, login: await logIn(options, signal) };
}

export function isSsh(banner: string | null | undefined): banner is string {
  return banner?.startsWith("SSH-") === true;
}

async function addressesOf(host: string, signal: AbortSignal): Promise<NonNullable<ReachFacts["lookup"]>> {
  try {
    const found = await within(lookup(host, { all: true }), { signal, ms: answerMs });
    signal.throwIfAborted();
    if (found === undefined) return { failure: "TIMEOUT" };
    return { addresses: found.map(({ address }) => address) };
  } catch (error) {
    signal.throwIfAborted();
    return { failure: codeOf(error) };
  }
}

interface Knock {
  readonly connection: string;
  readonly banner?: string | null;
}

async function knock(host: string, port: number, signal: AbortSignal): Promise<Knock> {
  const socket = connectTo({ host, port });
  try {
    const connection = (await within(connectionOf(socket), { signal, ms: answerMs })) ?? "silent";
    signal.throwIfAborted();
    if (connection !== "open") return { connection };
    const banner = (await within(firstLineOf(socket), { signal, ms: answerMs })) ?? null;
    signal.throwIfAborted();
    return { connection, banner };
  } finally {
    socket.destroy();
  }
}

function connectionOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("connect", () => resolve("open"));
    socket.on("error", (error) => resolve(connectionWords[codeOf(error)] ?? codeOf(error)));
  });
}

const connectionWords: Readonly<Record<string, string>> = { ECONNREFUSED: "refused", ETIMEDOUT: "silent" };

function firstLineOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      // A server that never ends its line is no SSH server.
      if (text.includes("\n") || text.length > 255) resolve(text.split(/\r?\n/, 1)[0] ?? "");
    });
    socket.once("close", () => resolve(text));
  });
}

async function logIn(options: SshOptions, signal: AbortSignal): Promise<Login> {
  // Looking must not change what is trusted.
  const hostKey = { ...options.hostKey, pin: () => Promise.resolve() };
  try {
    const client = await connect({ ...options, hostKey, connectTimeoutMs: answerMs }, signal);
    client.destroy();
    return { state: "accepted" };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HostKeyChangedError) {
      const { pinned, now } = error.details;
      return { state: "key-changed", pinned: String(pinned), now: String(now) };
    }
    if (error instanceof LoginRefusedError) return { state: "refused", ...error.refusal };
    const hint = error instanceof HotsiteError ? error.hint : undefined;
    return { state: "failed", reason: messageOf(error), ...(hint !== undefined && { hint }) };
  }
}

function codeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" ? code : messageOf(error);
}
