import { createInterface } from "node:readline/promises";
import { HotsiteError } from "../core/errors.ts";
import type { Call } from "./verb.ts";

/** Asks before something is destroyed. Without a terminal, `--yes` is the only answer that counts. */
export async function confirm(
  question: string,
  { options, output }: Call,
  signal: AbortSignal,
): Promise<void> {
  if (options.yes === true) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new HotsiteError("usage", `${question} Nobody is there to answer`, {
      hint: "add --yes if that is what you want",
    });
  }
  output.keep([]);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new HotsiteError("usage", "not confirmed; nothing was done");
}
