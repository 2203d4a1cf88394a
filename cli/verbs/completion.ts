import { z } from "zod";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { oneOf } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

const scripts: Readonly<Record<string, () => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** What `--json` prints. */
export const outcome = z.strictObject({ shell: z.string(), script: z.string() });

/** Prints the script that completes verbs, options and their values. */
export function run({ operands }: Call): Promise<Outcome<typeof outcome>> {
  const shell = oneOf(Object.keys(scripts), operands[0] ?? "", "shell");
  const script = scripts[shell]?.() ?? "";
  return Promise.resolve({ text: script.trimEnd(), json: { shell, script } });
}
