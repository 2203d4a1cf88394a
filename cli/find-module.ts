import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { HotsiteError } from "../core/errors.ts";

/** What a module is looked for by. */
export interface Looked {
  /** What it is called inside a folder, the usual name first. */
  readonly names: readonly string[];
  readonly hint: string;
}

/** The path of a file, of what it is called in a folder, or of a module of an installed package. Throws `HotsiteError` "config". */
export function findModule(module: string, cwd: string, { names, hint }: Looked): string {
  const path = resolve(cwd, module);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === true) return path;
  const inside = names.map((name) => join(path, name)).find((file) => existsSync(file));
  if (inside !== undefined) return inside;
  if (stats === undefined && !/^[./]/.test(module)) {
    const installed = resolved(module, cwd);
    if (installed !== undefined) return installed;
  }
  throw new HotsiteError("config", `there is no ${String(names[0])} at ${path}, and no package ${module}`, {
    hint: `name the file, its folder or an installed package; ${hint}`,
  });
}

function resolved(module: string, cwd: string): string | undefined {
  try {
    return createRequire(join(cwd, "-")).resolve(module);
  } catch {
    return undefined;
  }
}
