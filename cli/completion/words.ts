import { globalOptions } from "../global-options.ts";
import type { OptionDeclaration, Verb } from "../verb.ts";
import { verbs } from "../verbs.ts";

/** An option as shells complete it. */
export interface CompletedOption {
  /** `-y`, `--yes`. */
  readonly flags: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
  /** What its value may be; empty where anything or a file is meant. */
  readonly choices: readonly string[];
}

/** What may stand where a group or a verb has been typed; `words` is empty at the start of the line. */
export interface CompletedPlace {
  /** `local wan`. */
  readonly words: string;
  /** The next word of a verb's name, with what it is. */
  readonly next: readonly (readonly [word: string, summary: string])[];
  readonly options: readonly CompletedOption[];
}

/** Everywhere that completion knows something: the start, each group, each verb. */
export function completedPlaces(): readonly CompletedPlace[] {
  const groups = new Set(verbs.flatMap(({ name }) => prefixesOf(name)));
  const global = globalOptions.map(completed);
  return [
    ...[...groups].map((words) => ({ words, next: nextOf(words), options: global })),
    ...verbs.map(({ name, options = [] }) => ({
      words: name,
      next: [],
      options: [...options.map(completed), ...global],
    })),
  ];
}

/** Options of this kind take the word after them, wherever they stand. */
export function flagsWithValue(): readonly string[] {
  const options = completedPlaces().flatMap((place) => place.options);
  return [...new Set(options.filter(({ takesValue }) => takesValue).flatMap(({ flags }) => flags))];
}

function prefixesOf(name: string): readonly string[] {
  const words = name.split(" ").slice(0, -1);
  return ["", ...words.map((_, index) => words.slice(0, index + 1).join(" "))];
}

function nextOf(words: string): CompletedPlace["next"] {
  const prefix = words === "" ? "" : `${words} `;
  const below = verbs.filter(({ name }) => name.startsWith(prefix));
  const next = new Map<string, string>();
  for (const verb of below) {
    const [word = "", ...more] = verb.name.slice(prefix.length).split(" ");
    next.set(word, more.length === 0 ? verb.summary : membersOf(below, `${prefix}${word} `));
  }
  return [...next];
}

function membersOf(below: readonly Verb[], prefix: string): string {
  return below
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length))
    .join(", ");
}

function completed({ flags, summary, choices = [] }: OptionDeclaration): CompletedOption {
  return {
    flags: flags.split(/[ ,]+/).filter((word) => word.startsWith("-")),
    summary,
    takesValue: /[<[]/.test(flags),
    choices,
  };
}
