import type { Store } from "../../core/store.ts";

/** What everything gets that still runs in a process which is thought of as dead. */
export class Killed extends Error {}

/** The store as seen by a process that dies right before or right after its n-th write: nobody hears of it, and none follows. */
export function killAtWrite(store: Store, write: number, when: "before" | "after"): Store {
  let begun = 0;
  const put: Store["put"] = async (key, value, ifRevision) => {
    begun += 1;
    if (begun > write || (begun === write && when === "before")) throw new Killed("dead");
    const revision = await store.put(key, value, ifRevision);
    if (begun >= write) throw new Killed("died");
    return revision;
  };
  return {
    put,
    get: (key) => store.get(key),
    delete: (key, ifRevision) => store.delete(key, ifRevision),
    list: (prefix) => store.list(prefix),
    watch: (prefix, signal) => store.watch(prefix, signal),
    lease: (key, options) => store.lease(key, options),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
