import { readFile } from "node:fs/promises";
import { HotsiteError, messageOf } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { keptTranslation, runTranslation, type ModuleText } from "./translation.ts";

/** What a TypeScript or JavaScript file exports, whose imports of "hotsite" get this very instance. Throws `HotsiteError` "config" that names the place of the fault. */
export async function importModule(path: string): Promise<unknown> {
  const module = { path, source: await readFile(path, "utf8") };
  const kept = await keptTranslation(module);
  const work = kept === undefined ? load(module) : runTranslation(path, kept, importOwn);
  return work.catch((error: unknown) => {
    throw configError(path, error);
  });
}

/** The loader takes as long to start as a small config to run: only what has changed, or imports more than this command has, goes through it. */
async function load(module: ModuleText): Promise<unknown> {
  const { loadModule } = await import("./load-module.ts");
  return loadModule(module, { hotsite: await importOwn("hotsite"), zod: await importOwn("zod") });
}

/**
 * "hotsite" must be this very instance: classes and errors are compared by identity. Recipes describe their parameters with zod, and a config
 * may have no node_modules beside it.
 */
async function importOwn(name: string): Promise<unknown> {
  if (name === "zod") return import("zod");
  if (name !== "hotsite") return import(name);
  return strict(await import("../hotsite.ts"));
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
  const message = messageOf(error)
    .replaceAll(/\s*\n\s*\S+:\d+:\d+\s*$/g, "")
    .replace(/\nRequire stack:[\s\S]*$/, "");
  return new HotsiteError("config", `${where}: ${message}`, {
    cause: error,
    hint: known?.hint ?? absentModuleHint(error),
    details: known?.details,
  });
}

/** What to do about an import of a package that is not there. */
function absentModuleHint(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const [, name] = /^Cannot find (?:module|package) '([^'./][^']*)'/.exec(messageOf(error)) ?? [];
  if (name === undefined || (code !== "MODULE_NOT_FOUND" && code !== "ERR_MODULE_NOT_FOUND"))
    return undefined;
  return `install it beside the config: npm install ${name}`;
}

/** `:line` of the config in a stack or a parser's message; empty when the error does not tell. Columns are those of the compiled text. */
function position(path: string, error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : "";
  const at = text.indexOf(`${path}:`);
  return at < 0 ? "" : (/^:\d+/.exec(text.slice(at + path.length))?.[0] ?? "");
}
