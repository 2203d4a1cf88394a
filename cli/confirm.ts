import { HotsiteError } from "../core/errors.ts";
import { ask, canAsk } from "./ask.ts";
import type { Call } from "./verb.ts";

/** Asks before something is destroyed. Without a terminal, `--yes` is the only answer that counts. */
export async function confirm(
  question: string,
  { options, output }: Call,
  signal: AbortSignal,
): Promise<void> {
  if (options.yes === true) return;
  if (!canAsk()) {
    throw new HotsiteError("usage", `${question} Nobody is there to answer`, {
      hint: "add --yes if that is what you want",
    });
  }
  output.keep([]);
  const yes = await ask(`${question} [y/N] `, (answer) => /^y(es)?$/i.test(answer.trim()), signal);
  if (!yes) throw new HotsiteError("usage", "not confirmed; nothing was done");
}
