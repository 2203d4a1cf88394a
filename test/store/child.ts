// Run as a process of its own by the tests: `child.ts <folder> <task>`; says what it has done line by line.
import { once } from "node:events";
import { openStore } from "../../store/lmdb.ts";

const [, , folder = "", task = ""] = process.argv;
const store = await openStore(folder);

const tasks: Record<string, () => Promise<void>> = {
  async hold() {
    const lease = await store.lease("app", { ttlMs: 60_000, holder: "the child" });
    say("held");
    await inputEnded();
    await lease[Symbol.asyncDispose]();
  },

  /** Holds for a short time; is stopped by the parent meanwhile. */
  async holdBriefly() {
    const lease = await store.lease("app", { ttlMs: 900, holder: "the child" });
    lease.signal.addEventListener("abort", () => say("lost"));
    say("held");
    await inputEnded();
  },

  async putForEver() {
    for (let count = 1; ; count += 1) {
      await store.put(`acknowledged/${count}`, { count });
      say(String(count));
    }
  },

  async increment() {
    for (let done = 0; done < 100;) {
      const now = await store.get("counter");
      const next = ((now?.value as number | undefined) ?? 0) + 1;
      const won = await store.put("counter", next, now?.revision ?? 0).catch(conflicted);
      if (won !== undefined) done += 1;
    }
    say("done");
  },
};

await tasks[task]?.();
await store[Symbol.asyncDispose]();

/** The parent ends it by closing the pipe. */
async function inputEnded(): Promise<void> {
  process.stdin.resume();
  await once(process.stdin, "end");
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function conflicted(error: unknown): undefined {
  if ((error as { code?: string }).code !== "conflict") throw error;
}
