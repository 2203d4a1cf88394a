import { mkdir, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { HotsiteError } from "../../core/errors.ts";
import { readTemplate } from "../templates.ts";
import type { Call, Outcome } from "../verb.ts";

/** Writes a config from a template; never over an existing one. */
export async function run({ operands, options, cwd }: Call): Promise<Outcome> {
  const folder = resolve(cwd, operands[0] ?? ".");
  const path = join(folder, "hotsite.config.ts");
  const template = options.template ?? "two-sites";
  const text = await readTemplate(template);
  await mkdir(folder, { recursive: true });
  await writeFile(path, text, { flag: "wx" }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new HotsiteError("usage", `${path} exists already; it was not changed`, {
      hint: "name another folder: hotsite init <folder>",
      cause: error,
    });
  });
  const at = relative(cwd, folder);
  const next = `${at === "" ? "" : `cd ${at} && `}hotsite plan`;
  return { text: `wrote ${path}\nnext: ${next}`, json: { path, template, next } };
}
