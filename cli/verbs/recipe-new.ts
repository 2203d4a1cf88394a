import { resolve } from "node:path";
import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { readTemplate } from "../templates.ts";
import type { Call, Outcome } from "../verb.ts";
import { writeNew } from "../write-new.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  written: z.array(z.string()),
  next: z.string().describe("the command that tries it"),
});

/** Writes a recipe with its test, ready to be tried and to be published. */
export async function run({ operands, cwd }: Call): Promise<Outcome<typeof outcome>> {
  const [name = "", folder = `hotsite-recipe-${name}`] = operands;
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
    throw new HotsiteError("usage", `"${name}" is no name of a recipe`, {
      hint: "small letters, digits and dashes, like memcached or my-service",
    });
  }
  const files = (await readTemplate("recipe")).map(({ path, text }) => ({
    // A package.json of its own would make the template a package to every tool that looks around here.
    path: path.replace(".template.", "."),
    text: renamed(text, name),
  }));
  const { written, go } = await writeNew(
    files,
    resolve(cwd, folder),
    cwd,
    "hotsite recipe new <name> <folder>",
  );
  const next = `${go}hotsite recipe test`;
  return { text: `wrote ${written.join(", ")}\nnext: ${next}`, json: { written, next } };
}

/** The template is a recipe that works, called greeter. */
function renamed(text: string, name: string): string {
  const variable = name
    .replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    .replaceAll("-", "");
  const identifier = /(export const |import \{ |service: |changed: |config may say: )greeter/g;
  return text
    .replaceAll(identifier, (_, before: string) => `${before}${variable}`)
    .replaceAll("greeter", name);
}
