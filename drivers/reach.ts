import { connect } from "node:net";
import { addAbortSignal } from "node:stream";
import type { Endpoint } from "../core/driver.ts";

/** The engine's proxy accepts before the machine listens, so only what sshd says counts. */
const greetingMs = 2000;

/** Whether an SSH server greets at this endpoint. */
export async function greets({ host, port }: Endpoint, signal: AbortSignal): Promise<boolean> {
  const socket = connect({ host, port });
  addAbortSignal(AbortSignal.any([signal, AbortSignal.timeout(greetingMs)]), socket);
  try {
    for await (const greeting of socket) return String(greeting).startsWith("SSH-");
    return false;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
