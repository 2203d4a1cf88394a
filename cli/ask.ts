import { createInterface } from "node:readline";
import { HotsiteError } from "../core/errors.ts";

/** Whether a person is there to answer. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks until `read` makes something of the answer. Throws `HotsiteError` "usage" when the terminal is closed instead. */
export async function ask<T>(
  prompt: string,
  read: (answer: string) => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr, prompt, signal });
  try {
    terminal.prompt();
    for await (const line of terminal) {
      const value = read(line);
      if (value !== undefined) return value;
      terminal.prompt();
    }
  } finally {
    terminal.close();
  }
  signal.throwIfAborted();
  throw new HotsiteError("usage", "not answered; nothing was done");
}
