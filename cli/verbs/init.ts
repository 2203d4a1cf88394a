import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { HotsiteError } from "../../core/errors.ts";
import { readTemplate } from "../templates.ts";
import type { Call, Outcome } from "../verb.ts";

/** Writes a config and an application of one page from a template; never over what is there. */
export async function run({ operands, options, cwd }: Call): Promise<Outcome> {
  const folder = resolve(cwd, operands[0] ?? ".");
  const template = options.template ?? "two-sites";
  const files = await readTemplate(template);
  const taken = files.map(({ path }) => join(folder, path)).filter((path) => existsSync(path));
  if (taken.length > 0) {
    throw new HotsiteError("usage", `already there, and left as it is: ${taken.join(", ")}`, {
      hint: "name another folder: hotsite init <folder>",
    });
  }
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    // "wx": also when somebody writes it in this instant, it is theirs.
    await writeFile(join(folder, path), text, { flag: "wx" });
  }
  const at = relative(cwd, folder);
  const next = `${at === "" ? "" : `cd ${at} && `}hotsite plan`;
  const written = files.map(({ path }) => join(folder, path));
  return { text: `wrote ${written.join(", ")}\nnext: ${next}`, json: { written, template, next } };
}
