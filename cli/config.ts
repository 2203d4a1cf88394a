import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Application } from "../core/application.ts";
import { HotsiteError } from "../core/errors.ts";
import { importModule } from "./module.ts";

const names = ["hotsite.config.ts", "hotsite.config.mts", "hotsite.config.js", "hotsite.config.mjs"];

/** A config that was found, loaded and checked. */
export interface LoadedConfig {
  readonly application: Application;
  readonly path: string;
  /** Relative paths in the config start here. */
  readonly folder: string;
}

/** Loads the config at `path`, or the one of this folder or of the nearest folder above. Throws `HotsiteError` "config" with everything that is wrong. */
export async function loadConfig(path: string | undefined, cwd: string): Promise<LoadedConfig> {
  const found = path === undefined ? findConfig(cwd) : givenConfig(resolve(cwd, path));
  const exports = await importModule(found);
  return { application: applicationIn(exports, found), path: found, folder: dirname(found) };
}

function findConfig(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = names.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (folder === dirname(folder)) break;
  }
  throw new HotsiteError("config", `there is no ${String(names[0])} in ${cwd} or in a folder above it`, {
    hint: "write one with `hotsite init`, or name it: --config path/to/hotsite.config.ts",
  });
}

function givenConfig(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === true) return path;
  const inside =
    stats === undefined ? undefined : names.map((name) => join(path, name)).find((file) => existsSync(file));
  if (inside !== undefined) return inside;
  throw new HotsiteError(
    "config",
    `--config ${path}: ${stats === undefined ? "there is no such file" : "no config in this folder"}`,
    {
      hint: "write one with `hotsite init`",
    },
  );
}

function applicationIn(exports: unknown, path: string): Application {
  const value = isObject(exports) ? exports["default"] : undefined;
  if (
    isObject(value) &&
    typeof value["name"] === "string" &&
    Array.isArray(value["sites"]) &&
    Array.isArray(value["services"])
  ) {
    return value as unknown as Application;
  }
  const found = value === undefined ? "has no default export" : "does not export an application by default";
  throw new HotsiteError("config", `${path}: ${found}`, {
    hint: 'end the file with `export default application("name", { … })`',
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
