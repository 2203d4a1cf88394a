import type { Shell } from "../core/shell.ts";
import { within } from "./race.ts";

/** The last work on each file of a node. */
const tails = new WeakMap<Shell, Map<string, Promise<unknown>>>();

/**
 * Does work on files of a node once nobody of this process is at work on any of them: two services may want the same file at the same
 * time. All are asked for at once, so that nobody waits for somebody who waits for him.
 */
export async function oneAfterAnother<T>(
  shell: Shell,
  paths: readonly string[],
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const files = tails.get(shell) ?? new Map<string, Promise<unknown>>();
  tails.set(shell, files);
  const before = Promise.all(paths.map((path) => files.get(path) ?? Promise.resolve()));
  const result = within(
    before.then(() => true),
    { signal },
  ).then((turn) => {
    if (turn === undefined) throw signal.reason;
    return work();
  });
  // Whoever comes next waits for those before as well, also when we have given up waiting for them.
  const tail = Promise.allSettled([before, result]);
  for (const path of paths) files.set(path, tail);
  void tail.then(() => {
    for (const path of paths) if (files.get(path) === tail) files.delete(path);
  });
  return result;
}
