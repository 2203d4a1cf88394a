import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import type { Interface } from "node:readline";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Store } from "../../core/store.ts";
import { waitFor } from "../../core/wait.ts";
import { openStore } from "../../store/lmdb.ts";
import { kill, Program } from "../support/program.ts";

const deadline = { timeoutMs: 10_000, intervalMs: 20 };

describe("a store that several processes use", () => {
  let folder: string;
  let store: Store;
  let program: Program;

  beforeAll(async () => {
    program = await Program.build(new URL("child.ts", import.meta.url));
  });

  afterAll(() => program[Symbol.asyncDispose]());

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hotsite-store-"));
    store = await openStore(folder);
  });

  afterEach(async () => {
    await program.endAll();
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function start(task: string): { child: ChildProcess; lines: Interface } {
    return program.start([folder, task]);
  }

  test("conditional puts of three processes lose no increment", async () => {
    const workers = [start("increment"), start("increment"), start("increment")];
    const ends = await Promise.all(workers.map(({ child }) => once(child, "exit")));
    expect(ends).toEqual([
      [0, null],
      [0, null],
      [0, null],
    ]);
    expect((await store.get("counter"))?.value).toBe(300);
  });

  test("a watcher hears of what another process puts", async () => {
    const changes = store.watch("counter", AbortSignal.timeout(10_000));
    start("increment");
    for await (const { value } of changes) if (value === 100) return;
    throw new Error("the last increment was not seen");
  });

  test("a lease held by a living process is refused with its holder, and free once it has ended well", async () => {
    const { child, lines } = start("hold");
    await once(lines, "line");
    await expect(take("me")).rejects.toMatchObject({
      code: "locked",
      details: { holder: "the child", pid: child.pid },
    });
    child.stdin?.end();
    expect(await once(child, "exit")).toEqual([0, null]);
    await take("me");
  });

  test("the lease of a process killed with SIGKILL is free at once, long before it runs out", async () => {
    const { child, lines } = start("hold");
    await once(lines, "line");
    await kill(child);
    await take("me");
  });

  test("a lease that depends on another process is lost when that one ends", async () => {
    const { child, lines } = start("hold");
    await once(lines, "line");
    const lease = await store.lease("other", { ttlMs: 900, holder: "for the child", pid: child.pid });
    const lost = once(lease.signal, "abort");
    await kill(child);
    await lost;
    expect(lease.signal.reason).toMatchObject({ code: "lease-lost" });
    await store.lease("other", { ttlMs: 900, holder: "me" });
  });

  test("a process that hangs past its time loses the lease, and is told so when it goes on", async () => {
    const { child, lines } = start("holdBriefly");
    await once(lines, "line");
    child.kill("SIGSTOP");
    await waitFor(
      () => take("me"),
      { ...deadline, what: "the lease to run out" },
      new AbortController().signal,
    );
    child.kill("SIGCONT");
    expect(await once(lines, "line")).toEqual(["lost"]);
  });

  test("a process killed amid puts has lost none that it was told is durable", async () => {
    for (const enough of [40, 90, 140]) {
      const { child, lines } = start("putForEver");
      let acknowledged = 0;
      lines.on("line", (line) => (acknowledged = Number(line)));
      await waitFor(
        async () => (acknowledged > enough ? true : undefined),
        { ...deadline, what: "puts" },
        new AbortController().signal,
      );
      await kill(child);
      const kept = await store.list("acknowledged/");
      expect(kept.length).toBeGreaterThanOrEqual(acknowledged);
      expect(
        kept.every(({ key, value }) => key === `acknowledged/${(value as { count: number }).count}`),
      ).toBe(true);
      await store.put("still", "writable");
    }
  });

  test("an entry larger than the map of another open handle is read there", async () => {
    const other = await openStore(folder);
    expect(await other.get("large")).toBeUndefined();
    await store.put("large", "x".repeat(30_000_000));
    expect(((await other.get("large"))?.value as string).length).toBe(30_000_000);
    await other[Symbol.asyncDispose]();
  });

  function take(holder: string): Promise<object> {
    return store.lease("app", { ttlMs: 1000, holder });
  }
});
