import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HotsiteError, messageOf, RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { greets } from "../reach.ts";
import type { Host } from "./hosts.ts";
import type { PowerCommands } from "./options.ts";
import type { Pool } from "./pool.ts";

const commandTimeoutMs = 60_000;
/** A server may check its memory for minutes before it boots. */
const bootTimeoutMs = 600_000;
const offTimeoutMs = 120_000;

/** Cuts a host's power and waits until that is confirmed: by its power's own state or, without a command for that, by its silence. */
export async function cutPower(pool: Pool, host: Host, signal: AbortSignal): Promise<void> {
  const { off, state } = commandsOf(host);
  await pool.disconnect(host);
  if (state === undefined || (await stateOf(host, state, signal)) !== "off") await run(host, off, signal);
  const isOff = async (): Promise<true | undefined> => {
    if (state !== undefined) return (await stateOf(host, state, signal)) === "off" || undefined;
    return !(await greets(host, signal)) || undefined;
  };
  await waitFor(isOff, { timeoutMs: offTimeoutMs, intervalMs: 200, what: `${host.id} to be off` }, signal);
  await pool.memory.change(host.id, { poweredOff: true });
}

/** Gives a host power and waits until it lets us in. A host that does is left as it is. */
export async function powerOn(pool: Pool, host: Host, signal: AbortSignal): Promise<void> {
  if ((await pool.memory.of(host.id)).poweredOff || !(await answers(pool, host, signal))) {
    await run(host, commandsOf(host).on, signal);
    const isUp = async (): Promise<true | undefined> => (await answers(pool, host, signal)) || undefined;
    await waitFor(isUp, { timeoutMs: bootTimeoutMs, what: `${host.id} to boot` }, signal);
  }
  await pool.memory.change(host.id, { poweredOff: false });
}

/** Whether a host that does not answer is off for certain. */
export async function isOff(pool: Pool, host: Host, signal: AbortSignal): Promise<boolean> {
  const state = host.power?.state;
  if (state === undefined) return (await pool.memory.of(host.id)).poweredOff;
  return (await stateOf(host, state, signal)) === "off";
}

async function answers(pool: Pool, host: Host, signal: AbortSignal): Promise<boolean> {
  try {
    await pool.shell(host, signal);
    return true;
  } catch (error) {
    if (error instanceof HotsiteError && error.code === "unreachable") return false;
    throw error;
  }
}

function commandsOf({ id, power }: Host): PowerCommands {
  if (power !== undefined) return power;
  throw new HotsiteError("no-power", `${id}: its power cannot be switched from here`, {
    hint: "set power: { off, on, state } in byon({ … }), with ipmitool, say; or switch it by hand",
  });
}

async function stateOf(host: Host, argv: readonly string[], signal: AbortSignal): Promise<"on" | "off"> {
  const said = (await run(host, argv, signal)).toLowerCase();
  const [on, off] = [/\bon\b/.test(said), /\boff\b/.test(said)];
  if (on !== off) return on ? "on" : "off";
  throw new RetryableError("power-state", `${host.id}: ${argv[0]} says neither on nor off: ${said.trim()}`);
}

async function run(host: Host, argv: readonly string[], signal: AbortSignal): Promise<string> {
  const [program = "", ...args] = argv.map((word) => word.replaceAll("{host}", host.host));
  const options = { signal, timeout: commandTimeoutMs };
  const { stdout } = await promisify(execFile)(program, args, options).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new HotsiteError("power-failed", `${host.id}: ${program}: ${messageOf(cause)}`, { cause });
  });
  return stdout;
}
