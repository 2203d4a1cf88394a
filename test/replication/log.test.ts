import { afterAll, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openEmbeddedLog, removeOtherLogs } from "../../replication/log/embedded.ts";
import { logContract } from "./log-contract.ts";
import { startScript } from "./process.ts";

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

  test("a writer killed in the middle loses nothing that it was told is kept", async () => {
    const folder = await freshFolder();
    for (const kills of [3, 20, 50]) {
      const acknowledged = await writeUntilKilled(folder, kills);
      await using log = await openEmbeddedLog(folder, "s");
      expect((await log.tail())!.last).toBeGreaterThanOrEqual(acknowledged);
    }
  });
});

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
