import { parseArguments } from "./program.ts";
import { verbs } from "./verbs.ts";

/** The page `docs/cli.md`: what `--help` says of every verb. */
export function referencePage(): string {
  const sections = verbs.map(({ name }) => `## hotsite ${name}\n\n${fenced(helpOf(name.split(" ")))}`);
  const head = [
    "# The command",
    "What `--help` says, on one page; written by `node scripts/docs.mjs`.",
    fenced(helpOf([])),
  ];
  return `${[...head, ...sections].join("\n\n")}\n`;
}

function helpOf(words: readonly string[]): string {
  let help = "";
  const add = (text: string): void => {
    help += text;
  };
  parseArguments([...words, "--help"], { out: add, err: add });
  return help.trim();
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}
