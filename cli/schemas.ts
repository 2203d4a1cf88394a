import { z } from "zod";
import { dryRunOutcome } from "./dry-run.ts";
import { helpOutcome, versionOutcome } from "./outcomes/asked.ts";
import { failureOutcome } from "./outcomes/failure.ts";
import { verbs } from "./verbs.ts";

/** JSON Schemas of what verbs print with `--json`, by file name in `docs/schema`: one for each verb, and those that verbs have in common. */
export async function schemaFiles(): Promise<Readonly<Record<string, string>>> {
  const files: [string, z.ZodType][] = [
    ["failure.json", failureOutcome],
    ["dry-run.json", dryRunOutcome],
    ["help.json", helpOutcome],
    ["version.json", versionOutcome],
  ];
  for (const { name, load } of verbs) files.push([schemaFileOf(name), (await load()).outcome]);
  return Object.fromEntries(files.map(([file, outcome]) => [file, textOf(outcome)]));
}

/** `local wan` has `local-wan.json`. */
export function schemaFileOf(verb: string): string {
  return `${verb.replaceAll(" ", "-")}.json`;
}

function textOf(outcome: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(withOk(outcome)), null, 2)}\n`;
}

/** Every answer says first whether all is well. */
function withOk(outcome: z.ZodType): z.ZodType {
  if (outcome instanceof z.ZodUnion) return z.union(outcome.options.map((one) => withOk(one as z.ZodType)));
  if (!(outcome instanceof z.ZodObject)) throw new Error("an outcome is an object, or one of several");
  const { ok: _, ...facts } = outcome.shape as z.ZodRawShape;
  return z.strictObject({ ok: z.boolean().describe("whether the exit code is 0"), ...facts });
}
