import { nearest } from "../core/nearest.ts";
import { ask, canAsk } from "./ask.ts";
import type { Call } from "./verb.ts";

/** What can be chosen, and what it is for. */
export type Choices = Readonly<Record<string, string>>;

/** Asks for one of several things, by number or name, until the answer is one of them; the first one where nobody is there to answer. */
export async function choose(
  question: string,
  choices: Choices,
  { options, output }: Call,
  signal: AbortSignal,
): Promise<string> {
  const [first = ""] = Object.keys(choices);
  if (options.yes === true || output.json || !canAsk()) return first;
  output.note(question);
  const width = Math.max(...Object.keys(choices).map((name) => name.length));
  Object.entries(choices).forEach(([name, purpose], index) =>
    output.note(`  ${index + 1}  ${name.padEnd(width)}  ${purpose}`),
  );
  const read = (answer: string): string | undefined => {
    const chosen = readChoice(answer, Object.keys(choices));
    if (chosen === undefined) output.note(`there is no ${answer.trim()}`);
    return chosen;
  };
  return ask(`Number or name [${first}]: `, read, signal);
}

/** An empty answer means the first; a slip of the pen is understood. */
export function readChoice(answer: string, names: readonly string[]): string | undefined {
  const word = answer.trim().toLowerCase();
  if (word === "") return names[0];
  return /^\d+$/.test(word) ? names[Number(word) - 1] : nearest(word, names);
}
