import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { HotsiteError, messageOf, PreflightError } from "../../core/errors.ts";

/** A JSON file that was written for this process; all faults at once, each with its path. */
export async function readConfig<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const read = schema.safeParse(await readJson(path));
  if (read.success) return read.data;
  throw new PreflightError(
    path,
    read.error.issues.map((issue) => ({ path: issue.path.join("."), problem: issue.message })),
  );
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch (cause) {
    throw new HotsiteError("config-unreadable", `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}
