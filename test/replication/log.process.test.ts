import { afterAll, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openEmbeddedLog, removeOtherLogs } from "../../replication/log/embedded.ts";
import { quickFolder } from "../support/quick-folder.ts";
import { logContract } from "./log-contract.ts";
import { startScript, startScriptOnDisk } from "./process.ts";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hotsite-log-"));
  folders.push(folder);
  return folder;
}

logContract("the embedded log", async () => {
  const folder = await freshFolder();
  return {
    stream: "shop/db/1",
    open: () => openEmbeddedLog(folder, "shop/db/1"),
    [Symbol.asyncDispose]: async () => undefined,
  };
});

describe("the folder of the embedded log", () => {
  test("streams do not see each other, and only the one in use is kept", async () => {
    const folder = await freshFolder();
    for (const stream of ["shop/db/1", "shop/db/2"]) {
      await using log = await openEmbeddedLog(folder, stream);
      expect(await log.append({ stream, epoch: 1, first: 1, last: 1, payload: Buffer.from(stream) })).toBe(1);
    }
    await removeOtherLogs(folder, "shop/db/2");
    expect(await readdir(folder)).toHaveLength(1);
    await using kept = await openEmbeddedLog(folder, "shop/db/2");
    expect((await kept.tail())?.last).toBe(1);
  });

  test("what was read does not stay in the memory of the process, however much it is", async () => {
    const payload = randomBytes(2 ** 20);
    const folder = await quickFolder();
    folders.push(folder);
    await using log = await openEmbeddedLog(folder, "s");
    const before = await mappedMb();
    for (let last = 1; last <= 96; last += 1)
      await log.append({ stream: "s", epoch: 1, first: last, last, payload });
    let most = 0;
    for await (const { payload: read, last } of log.read(1, AbortSignal.timeout(30_000))) {
      expect(read.length).toBe(payload.length);
      most = Math.max(most, (await mappedMb()) - before);
      if (last === 96) break;
    }
    expect(most).toBeLessThan(64);
  }, 30_000);

  test("at its limit it says so until it was trimmed, and takes the rest of a transaction all the same", async () => {
    await using log = await openEmbeddedLog(await freshFolder(), "s", 2);
    const payload = randomBytes(2 ** 19);
    for (let last = 1; last <= 4; last += 1)
      await log.append({ stream: "s", epoch: 1, first: last, last, payload });
    expect(await log.space?.full(false)).toMatch(
      /^the log keeps 2 MB, its limit is 2 MB: nothing more is read/,
    );
    expect(await log.space?.full(true)).toBeUndefined();
    await log.trim(2);
    expect(await log.space?.full(false)).toBeUndefined();
    expect(log.space?.bytes).toBeLessThan(1.1 * 2 ** 20);
  });

  test("one batch above the limit, alone in the log, does not stop it", async () => {
    await using log = await openEmbeddedLog(await freshFolder(), "s", 2);
    await log.append({ stream: "s", epoch: 1, first: 1, last: 1, payload: randomBytes(3 * 2 ** 20) });
    expect(await log.space?.full(false)).toBeUndefined();
  });

  test("a full disk is told as what passes; nothing torn is kept, and it goes on once there is room", async () => {
    const child = startScriptOnDisk("test/replication/full-disk.ts", await freshFolder(), 8);
    const lines: Seen[] = [];
    for await (const line of createInterface(child.stdout)) lines.push(JSON.parse(line) as Seen);
    expect(lines.map(({ what, seen }) => [what, seen])).toEqual([
      ["full", "log-full"],
      ["still full", "log-full"],
      ["somebody made room", "kept"],
      ["full again", "log-full"],
      ["trimmed", "kept"],
    ]);
    for (const { whole, next } of lines) expect(whole.at(-1)).toBe(next - 1);
    for (const { whole } of lines.slice(0, 4)) expect(whole[0]).toBe(1);
    for (const { whole } of lines) expect(whole.at(-1)! - whole[0]!).toBe(whole.length - 1);
    expect(lines[1]?.full).toMatch(/^0 MB are left on the disk of the log/);
    expect(lines[4]?.full).toBeNull();
  });

  test("on a full disk neither a log nor a store is opened, which would end the process; both say so", async () => {
    const child = startScriptOnDisk("test/replication/open-on-full-disk.ts", await freshFolder(), 8);
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) lines.push(line);
    expect(lines).toEqual([
      "log: the disk of FOLDER/s has no room",
      "store: cannot open the store in FOLDER/store: the disk of FOLDER/store has no room",
      "log: opened",
      "store: opened",
    ]);
  });

  test("a writer killed in the middle loses nothing that it was told is kept", async () => {
    const folder = await freshFolder();
    for (const kills of [3, 20, 50]) {
      const acknowledged = await writeUntilKilled(folder, kills);
      await using log = await openEmbeddedLog(folder, "s");
      expect((await log.tail())!.last).toBeGreaterThanOrEqual(acknowledged);
    }
  });
});

/** What `full-disk.ts` saw. */
interface Seen {
  readonly what: string;
  readonly seen: string;
  readonly next: number;
  readonly whole: readonly number[];
  readonly full: string | null;
}

/** Files that this process has mapped and touched, in MB. */
async function mappedMb(): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8");
  const sizes = [...status.matchAll(/^Rss(?:File|Shmem):\s+(\d+) kB/gm)].map(([, size]) => Number(size));
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}

async function writeUntilKilled(folder: string, appends: number): Promise<number> {
  const child = startScript("test/replication/log-writer.ts", [folder, "s"]);
  const ended = once(child, "close");
  let acknowledged = 0;
  let seen = 0;
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line);
    if ((seen += 1) === appends) child.kill("SIGKILL");
  }
  await ended;
  return acknowledged;
}
