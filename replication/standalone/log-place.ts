import { join, resolve } from "node:path";
import { readIfThere, writeDurably } from "../control/durable-file.ts";
import type { LinkPlace } from "./ends.ts";
import type { LinkDeclaration } from "./spec.ts";

/** Where a declared log is, in words that two places do not share. */
export function logPlaceOf({ name, log }: LinkDeclaration, { folder }: LinkPlace): string {
  if (log.kind === "kafka")
    return `topics ${log.topicPrefix}.${name} at ${[...log.brokers].sort().join(", ")}`;
  return log.folder === undefined ? "the link's own folder" : resolve(folder, log.folder, name);
}

/** Where the log of the present stream was begun; undefined before the first one. */
export async function keptLogPlace({ stateFolder }: LinkPlace): Promise<string | undefined> {
  return readIfThere(fileIn(stateFolder));
}

/** Remembers where the log is. On the disk when it resolves. */
export function keepLogPlace({ stateFolder }: LinkPlace, where: string): Promise<void> {
  return writeDurably(fileIn(stateFolder), where);
}

function fileIn(stateFolder: string): string {
  return join(stateFolder, "log-place");
}
