import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { HotsiteError, messageOf, PreflightError, type Fault } from "../core/errors.ts";
import type { Service } from "../core/recipe.ts";
import { walk } from "./walk.ts";

/** What a path of the config leads to on this machine. */
export interface Located {
  /** Absolute. */
  readonly path: string;
  /** Files below a folder, relative to it and sorted; undefined for a file. */
  readonly files: readonly string[] | undefined;
  /** Of names and contents: another version has another one. */
  readonly hash: string;
}

/** A file or folder of this machine, as a rule beside the config. What it leads to is looked up once, by `locate`, so that recipes need no file system. */
export class LocalPath {
  /** As the config names it. */
  readonly path: string;
  /** Gives the absolute path; it may have to fetch the file. */
  readonly find: (folder: string) => string | Promise<string>;
  #locating: Promise<Located> | undefined;
  #located: Located | undefined;

  constructor(
    path: string,
    find: (folder: string) => string | Promise<string> = (folder) => resolve(folder, path),
  ) {
    this.path = path;
    this.find = find;
  }

  get located(): Located {
    if (this.#located !== undefined) return this.#located;
    throw new HotsiteError("not-located", `${this.path} was not looked up`);
  }

  /** Looks once: every node gets what was there then, and large files are read once. What failed may be tried again. */
  async locate(folder: string): Promise<void> {
    this.#locating ??= this.#look(folder);
    try {
      this.#located = await this.#locating;
    } catch (error) {
      this.#locating = undefined;
      throw error;
    }
  }

  async #look(folder: string): Promise<Located> {
    const path = await this.find(folder);
    const files = (await stat(path)).isDirectory() ? await filesBelow(path) : undefined;
    return { path, files, hash: await hashOf(path, files) };
  }
}

/** A parameter that is a path beside the config. */
export function localPath(): z.ZodType<LocalPath, string> {
  return z
    .string()
    .min(1)
    .transform((path) => new LocalPath(path));
}

/** Looks up every local path in a service's parameters, relative to the config's folder. Repeatable. Throws `PreflightError` with all that are missing. */
export async function locate({ name, params }: Service, folder: string): Promise<void> {
  const paths: { path: LocalPath; at: string }[] = [];
  walk(params, (value, at) => {
    if (!(value instanceof LocalPath)) return false;
    paths.push({ path: value, at: at.join(".") });
    return true;
  });
  const faults: Fault[] = [];
  for (const { path, at } of paths) {
    await path.locate(folder).catch((error: unknown) => {
      faults.push({
        path: `services.${name}.${at}`,
        problem: messageOf(error),
        found: path.path,
        ...remedyOf(error),
      });
    });
  }
  if (faults.length > 0) throw new PreflightError(`services.${name}`, faults);
}

function remedyOf(error: unknown): Pick<Fault, "remedy"> {
  return error instanceof HotsiteError && error.hint !== undefined ? { remedy: error.hint } : {};
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

async function hashOf(path: string, files: readonly string[] | undefined): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files ?? [""]) {
    hash.update(`${file}\0`);
    await pipeline(createReadStream(join(path, file)), async (source: AsyncIterable<Buffer>) => {
      for await (const piece of source) hash.update(piece);
    });
  }
  return hash.digest("hex");
}
