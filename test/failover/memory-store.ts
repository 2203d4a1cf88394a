import { HotsiteError } from "../../core/errors.ts";
import type { Store, Versioned } from "../../core/store.ts";

/** A store without a disk, for worlds that exist for one test. */
export function memoryStore(): Store & { value(key: string): unknown } {
  const kept = new Map<string, Versioned>();
  let revision = 0;
  const check = (key: string, expected: number | undefined) => {
    const held = kept.get(key)?.revision ?? 0;
    if (expected !== undefined && expected !== held)
      throw new HotsiteError("conflict", `${key} is at ${held}, not ${expected}`);
  };
  return {
    value: (key) => kept.get(key)?.value,
    get: async (key) => kept.get(key),
    async put(key, value, ifRevision) {
      check(key, ifRevision);
      revision += 1;
      kept.set(key, { key, value: JSON.parse(JSON.stringify(value)), revision });
      return revision;
    },
    async delete(key, ifRevision) {
      check(key, ifRevision);
      kept.delete(key);
    },
    list: async (prefix) =>
      [...kept.values()].filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1)),
    watch: () => {
      throw new Error("nothing here watches");
    },
    lease: async (_key, { holder }) => ({
      holder,
      signal: new AbortController().signal,
      [Symbol.asyncDispose]: async () => undefined,
    }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
