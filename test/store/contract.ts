import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import type { Store, Versioned } from "../../core/store.ts";

/** What each implementation of `Store` does. `open` opens one more handle of the same store, as another process would. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a store`, () => {
    let store: Store;
    let other: Store;
    let stop: AbortController;

    beforeEach(async () => {
      stop = new AbortController();
      store = await open();
      other = await open();
    });

    afterEach(async () => {
      stop.abort();
      await store[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    });

    test("what one handle puts, another one gets", async () => {
      const value = { text: "é\n\u0000", list: [1, null, { deep: true }], none: null };
      const revision = await store.put("a/b", value);
      expect(await other.get("a/b")).toEqual({ key: "a/b", value, revision });
      expect(await other.get("a")).toBeUndefined();
    });

    test("revisions grow with each write, also across keys, handles and deletions", async () => {
      const first = await store.put("a", 1);
      const second = await other.put("b", 1);
      await store.delete("a");
      const third = await other.put("a", 2);
      expect(second).toBeGreaterThan(first);
      expect(third).toBeGreaterThan(second);
      expect((await store.get("a"))?.revision).toBe(third);
    });

    test("a conditional put goes through only at the revision that was read", async () => {
      const revision = await store.put("a", 1, 0);
      await expect(other.put("a", 2, 0)).rejects.toMatchObject({ code: "conflict" });
      await other.put("a", 3, revision);
      await expect(store.put("a", 4, revision)).rejects.toMatchObject({
        code: "conflict",
        details: { wanted: revision },
      });
      expect((await store.get("a"))?.value).toBe(3);
    });

    test("of many conditional puts at once exactly one goes through", async () => {
      const tries = Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other).put("a", index, 0));
      const results = await Promise.allSettled(tries);
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    test("a refused put leaves no trace", async () => {
      const revision = await store.put("a", 1);
      await expect(store.put("b", 1, 7)).rejects.toMatchObject({ code: "conflict" });
      expect(await store.get("b")).toBeUndefined();
      expect(await store.put("c", 1)).toBe(revision + 1);
    });

    test("deleting what is absent is fine, deleting at another revision is not", async () => {
      await store.delete("a");
      const revision = await store.put("a", 1);
      await expect(other.delete("a", revision + 1)).rejects.toMatchObject({ code: "conflict" });
      await other.delete("a", revision);
      expect(await store.get("a")).toBeUndefined();
    });

    test("a list holds the keys with the prefix in byte order", async () => {
      for (const key of ["a/2", "a/10", "b", "a", "a/é", "a/z", "a/1/x", "a0", "ab"])
        await store.put(key, key);
      const keys = (await other.list("a/")).map(({ key }) => key);
      expect(keys).toEqual(["a/1/x", "a/10", "a/2", "a/z", "a/é"]);
      expect(await other.list("")).toHaveLength(9);
      expect(await other.list("nothing")).toEqual([]);
    });

    test("a value that is not JSON and a key that is none are refused", async () => {
      await expect(store.put("a", undefined)).rejects.toMatchObject({ code: "invalid-value" });
      await expect(store.put("", 1)).rejects.toMatchObject({ code: "invalid-key" });
      await expect(store.put("k".repeat(5000), 1)).rejects.toMatchObject({ code: "invalid-key" });
    });

    test("a watcher sees what another handle changes and deletes under its prefix, from its call on", async () => {
      await store.put("a/old", 1);
      await store.put("a/gone", 1);
      const changes = store.watch("a/", stop.signal);
      await other.put("a/new", 2);
      await other.put("b", 3);
      await other.delete("a/gone");
      const seen = await take(changes, 2, stop);
      expect(seen.map(({ key, value }) => [key, value])).toEqual([
        ["a/new", 2],
        ["a/gone", undefined],
      ]);
      expect(seen[1]?.revision).toBe(0);
    });

    test("a watcher misses no latest value, however quickly a key changes", async () => {
      const changes = store.watch("n", stop.signal);
      for (let value = 1; value <= 50; value += 1) await other.put("n", value);
      for await (const { value } of changes) if (value === 50) break;
    });

    test("a watcher ends quietly when its signal is aborted or its store is closed", async () => {
      const ends = [
        drained(store.watch("", stop.signal)),
        drained(other.watch("", new AbortController().signal)),
      ];
      await other[Symbol.asyncDispose]();
      stop.abort();
      expect(await Promise.all(ends)).toEqual([[], []]);
      expect(await drained(store.watch("", stop.signal))).toEqual([]);
    });

    test("a lease has one holder, and who comes second is told his name", async () => {
      const lease = await store.lease("app", { ttlMs: 60_000, holder: "install by ops@laptop" });
      await expect(other.lease("app", { ttlMs: 1000, holder: "someone" })).rejects.toMatchObject({
        code: "locked",
        message: expect.stringContaining("install by ops@laptop"),
        details: { holder: "install by ops@laptop" },
      });
      await other.lease("other app", { ttlMs: 1000, holder: "someone" });
      await lease[Symbol.asyncDispose]();
      await lease[Symbol.asyncDispose]();
      const next = await other.lease("app", { ttlMs: 1000, holder: "someone" });
      expect(next.signal.aborted).toBe(false);
    });

    test("a lease is renewed for as long as it is held", async () => {
      const ttlMs = 300;
      const lease = await store.lease("app", { ttlMs, holder: "one" });
      for (let waited = 0; waited < 3 * ttlMs; waited += 60) {
        await systemClock.sleep(60, stop.signal);
        await expect(other.lease("app", { ttlMs, holder: "two" })).rejects.toMatchObject({ code: "locked" });
      }
      expect(lease.signal.aborted).toBe(false);
    });

    test("giving back a lease does not take it from the next holder", async () => {
      const one = await store.lease("app", { ttlMs: 60_000, holder: "one" });
      await one[Symbol.asyncDispose]();
      await other.lease("app", { ttlMs: 60_000, holder: "two" });
      await one[Symbol.asyncDispose]();
      await expect(store.lease("app", { ttlMs: 1000, holder: "three" })).rejects.toMatchObject({
        details: { holder: "two" },
      });
    });

    test("closing a store gives its leases back, and closing twice is harmless", async () => {
      await store.lease("app", { ttlMs: 60_000, holder: "one" });
      await store[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await other.lease("app", { ttlMs: 1000, holder: "two" });
      await expect(store.get("a")).rejects.toMatchObject({ code: "store-closed" });
    });
  });
}

async function take(
  changes: AsyncIterable<Versioned>,
  count: number,
  stop: AbortController,
): Promise<Versioned[]> {
  const seen: Versioned[] = [];
  for await (const change of changes) {
    seen.push(change);
    if (seen.length === count) stop.abort();
  }
  return seen;
}

async function drained(changes: AsyncIterable<Versioned>): Promise<Versioned[]> {
  const seen: Versioned[] = [];
  for await (const change of changes) seen.push(change);
  return seen;
}
