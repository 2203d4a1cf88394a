import { resolve } from "node:path";
import { z } from "zod";
import { choose } from "../choose.ts";
import { readTemplate, templates } from "../templates.ts";
import type { Call, Outcome } from "../verb.ts";
import { writeNew } from "../write-new.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  written: z.array(z.string()),
  template: z.string(),
  next: z.string().describe("the command that goes on"),
});

/** Writes a config and an application of one page from a template; never over what is there. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const { operands, options, cwd } = call;
  const template = options.template ?? (await choose("What shall it be?", templates, call, signal));
  const files = await readTemplate(template, "common");
  const { written, go } = await writeNew(
    files,
    resolve(cwd, operands[0] ?? "."),
    cwd,
    "hotsite init <folder>",
  );
  const next = `${go}hotsite plan`;
  return { text: `wrote ${written.join(", ")}\nnext: ${next}`, json: { written, template, next } };
}
