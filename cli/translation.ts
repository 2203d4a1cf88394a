import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { compileFunction } from "node:vm";
import { version } from "./version.ts";

/** Translations of modules written in TypeScript, the loader's own among them. */
export const translationsFolder = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "hotsite",
  "config",
);
/** So many may be kept; then the older half goes. */
const mostKept = 256;

/** One module as it is now. */
export interface ModuleText {
  readonly path: string;
  readonly source: string;
}

/** What a module may import without a loader, by name. */
export type Importer = (name: string) => Promise<unknown>;

/** The module's translation when an earlier run kept one of this very text. */
export function keptTranslation(module: ModuleText): Promise<string | undefined> {
  return readFile(fileOf(module), "utf8").catch(() => undefined);
}

/**
 * Keeps a translation that `runTranslation` can run: what else a module imports may change without the module. Too many of them make
 * the older ones go. A cache that cannot be written is none.
 */
export async function keepTranslation(module: ModuleText, code: string): Promise<void> {
  const file = fileOf(module);
  try {
    if (standsAlone(code)) {
      // A config may hold what others may not read.
      await mkdir(translationsFolder, { recursive: true, mode: 0o700 });
      await writeFile(`${file}.${process.pid}`, code, { mode: 0o600 });
      await rename(`${file}.${process.pid}`, file);
    }
    await dropOldest();
  } catch {
    return;
  }
}

/** What the module exports. Lines of errors are those of the translation, as with the loader. */
export async function runTranslation(path: string, code: string, importer: Importer): Promise<unknown> {
  const names = ["exports", "module", "__filename", "__dirname", "jitiImport"];
  const run = compileFunction(`return (async () => {${code}\n})()`, names, { filename: path });
  const module = { exports: {} };
  const done: unknown = Reflect.apply(run, undefined, [
    module.exports,
    module,
    path,
    dirname(path),
    importer,
  ]);
  await done;
  return module.exports;
}

/** Whether a translation imports nothing but this command's own modules and Node's. */
export function standsAlone(code: string): boolean {
  if (/(?<![\w$.])(require|import|jitiESMResolve)(?![\w$])/.test(code)) return false;
  const imports = [...code.matchAll(/\bjitiImport\b(?:\("([^"]*)"\))?/g)].map(([, name]) => name);
  return imports.every((name) => name !== undefined && isAtHand(name));
}

function isAtHand(name: string): boolean {
  return name === "hotsite" || name === "zod" || isBuiltin(name);
}

function fileOf({ path, source }: ModuleText): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([version, path, source]))
    .digest("hex");
  return join(translationsFolder, `${digest}.js`);
}

async function dropOldest(): Promise<void> {
  const names = await readdir(translationsFolder);
  if (names.length <= mostKept) return;
  const kept = await Promise.all(
    names.map(async (name) => {
      const path = join(translationsFolder, name);
      // Another command may be at the same work.
      return {
        path,
        writtenMs: await stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
      };
    }),
  );
  const old = kept.sort((a, b) => b.writtenMs - a.writtenMs).slice(mostKept / 2);
  await Promise.all(old.map(({ path }) => rm(path, { force: true })));
}
