import { readFile } from "node:fs/promises";

/** The text of a template of `hotsite init`. The build puts the folder beside this file. */
export function readTemplate(name: string): Promise<string> {
  return readFile(new URL(`./templates/${name}.config.ts`, import.meta.url), "utf8");
}
