import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { rm } from "node:fs/promises";
import { MessageChannel } from "node:worker_threads";
import type { Log, LogBatch } from "../../core/log.ts";
import { waitFor } from "../../core/wait.ts";
import { openEmbeddedLog } from "../../replication/log/embedded.ts";
import { LogServer } from "../../replication/thread/log-server.ts";
import { sentAhead, type FromThread, type ToThread } from "../../replication/thread/messages.ts";
import { RemoteLog } from "../../replication/thread/remote-log.ts";
import { quickFolder } from "../support/quick-folder.ts";

const stream = "shop/db/1";
const batch = (first: number, last: number): LogBatch => ({
  ...{ stream, epoch: 1, first, last },
  payload: Buffer.from(`records ${first} to ${last}`),
});

describe("a log that another thread has open", () => {
  let folder: string;
  let log: Log;
  let remote: RemoteLog;
  let server: LogServer;
  let sent: ToThread[];
  let close: () => void;

  beforeEach(async () => {
    folder = await quickFolder();
    log = await openEmbeddedLog(folder, stream);
    const { port1, port2 } = new MessageChannel();
    sent = [];
    server = new LogServer(log, (message, transfer = []) => {
      sent.push(message);
      port1.postMessage(message, transfer);
    });
    remote = new RemoteLog(port2);
    port1.on("message", (message: FromThread) => {
      if (message.kind !== "ended" && message.kind !== "applied") server.take(message as never);
    });
    port2.on("message", (message: ToThread) => {
      if (message.kind !== "stop") remote.take(message);
    });
    close = () => port1.close();
  });

  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    close();
    await log[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const read = async (from: number, count: number): Promise<string[]> => {
    const over = new AbortController();
    const texts: string[] = [];
    for await (const { payload } of remote.read(from, over.signal)) {
      texts.push(Buffer.from(payload).toString());
      if (texts.length === count) over.abort();
    }
    return texts;
  };

  test("is read from any record on, in order, and goes on with what is appended meanwhile", async () => {
    await log.append(batch(1, 3));
    await log.append(batch(4, 9));
    const reading = read(5, 2);
    await log.append(batch(10, 10));
    expect(await reading).toEqual(["records 4 to 9", "records 10 to 10"]);
    expect(await read(1, 3)).toEqual(["records 1 to 3", "records 4 to 9", "records 10 to 10"]);
  });

  test("sends few batches ahead of those that were taken", async () => {
    for (let number = 1; number <= 4 * sentAhead; number += 1) await log.append(batch(number, number));
    const over = new AbortController();
    const reading = remote.read(1, over.signal)[Symbol.asyncIterator]();
    await reading.next();
    const batches = (): number => sent.filter(({ kind }) => kind === "batch").length;
    const ahead = 1 + sentAhead;
    await waitFor(
      async () => batches() >= ahead || undefined,
      { timeoutMs: 5000, what: "batches" },
      over.signal,
    );
    await remote.tail();
    expect(batches()).toBe(ahead);
    over.abort();
  });

  test("says where it ends, and lets go of what was applied", async () => {
    expect((await remote.tail()).last).toBe(0);
    await log.append(batch(1, 3));
    await log.append(batch(4, 9));
    expect((await remote.tail()).last).toBe(9);
    await remote.trim(3);
    await expect(read(1, 1)).rejects.toMatchObject({ code: "log-trimmed" });
    expect(await read(4, 1)).toEqual(["records 4 to 9"]);
  });

  test("keeps its own bytes of what it has sent", async () => {
    await log.append(batch(1, 3));
    await read(1, 1);
    expect(await read(1, 1)).toEqual(["records 1 to 3"]);
  });
});
