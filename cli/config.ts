import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createJiti } from "jiti";
import type { Application } from "../core/application.ts";
import { HotsiteError, messageOf } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";

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
  const api = (await import("../hotsite.ts")) as Readonly<Record<string, unknown>>;
  const jiti = createJiti(found, {
    // The config's "hotsite" must be this very instance: classes and errors are compared by identity.
    // Recipes describe their parameters with zod, and a config may have no node_modules beside it.
    virtualModules: { hotsite: strict(api), zod: await import("zod") },
    fsCache: join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "hotsite", "config"),
    moduleCache: false,
    interopDefault: false,
  });
  const exports = await jiti.import(found).catch((error: unknown) => {
    throw configError(found, error);
  });
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

/** A name that the API does not have is an error at once, with the name that was probably meant, instead of undefined. */
function strict(api: Readonly<Record<string, unknown>>): unknown {
  // The module loader itself looks for these.
  const probes = new Set<string | symbol>(["then", "default", "__esModule"]);
  return new Proxy(api, {
    get: (target, name) => {
      if (typeof name === "symbol" || name in target || probes.has(name)) return target[name as string];
      const names = Object.keys(target);
      throw new HotsiteError("config", `"hotsite" exports no ${name}${suggestion(name, names)}`, {
        hint: `it exports ${names.sort().join(", ")}`,
      });
    },
  });
}

function configError(path: string, error: unknown): HotsiteError {
  const where = `${path}${position(path, error)}`;
  const known = error instanceof HotsiteError ? error : undefined;
  // Parsers put the place at the end of their message; it stands in front already.
  const message = messageOf(error).replaceAll(/\s*\n\s*\S+:\d+:\d+\s*$/g, "");
  return new HotsiteError("config", `${where}: ${message}`, {
    cause: error,
    hint: known?.hint,
    details: known?.details,
  });
}

/** `:line` of the config in a stack or a parser's message; empty when the error does not tell. Columns are those of the compiled text. */
function position(path: string, error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : "";
  const at = text.indexOf(`${path}:`);
  return at < 0 ? "" : (/^:\d+/.exec(text.slice(at + path.length))?.[0] ?? "");
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
