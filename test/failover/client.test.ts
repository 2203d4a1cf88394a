import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { RetryableError } from "../../core/errors.ts";
import { HttpClient } from "../../failover/client.ts";
import { askOverHttp } from "../../lifecycle/http.ts";
import { LedgerWriter } from "../../failover/ledger-writer.ts";
import type { Ledger, LedgerEntry } from "../../failover/world.ts";
import { forever } from "./fake-world.ts";
import { virtualClock } from "./virtual-clock.ts";

/** Longer than a busy machine takes for any answer that comes. */
const patienceMs = 30_000;

async function serving<T>(answer: RequestListener, work: (url: URL) => Promise<T>): Promise<T> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await work(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/health`));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("one request", () => {
  test("a status that the application says is healthy is a good answer, and others are not", async () => {
    const asked = (status: number): Promise<unknown> =>
      serving(
        (_request, response) => response.writeHead(status).end(),
        (url) => askOverHttp(url, { timeoutMs: patienceMs, statuses: [401] }, forever),
      );
    expect(await asked(401)).toEqual({ ok: true, outcome: "401" });
    expect(await asked(200)).toEqual({ ok: false, outcome: "200" });
  });

  test.each<[string, RequestListener, string, boolean]>([
    ["a good answer", (_request, response) => response.end("ok"), "200", true],
    ["an error of the server", (_request, response) => response.writeHead(503).end(), "503", false],
    ["a connection that is cut", (_request, response) => response.destroy(), "reset", false],
    [
      "an answer that is cut off",
      (_request, response) =>
        response.writeHead(200, { "content-length": 9 }).write("half", () => response.destroy()),
      "reset",
      false,
    ],
    ["no answer in time", () => undefined, "timeout", false],
  ])("%s", async (_name, answer, outcome, ok) => {
    const timeoutMs = outcome === "timeout" ? 100 : patienceMs;
    expect(await serving(answer, (url) => askOverHttp(url, { timeoutMs }, forever))).toEqual({ ok, outcome });
  });

  test("nobody listens", async () => {
    const url = await serving(
      (_request, response) => response.end(),
      (free) => Promise.resolve(free),
    );
    expect(await askOverHttp(url, { timeoutMs: patienceMs }, forever)).toEqual({
      ok: false,
      outcome: "refused",
    });
  });
});

test("the client keeps its rate while answers hang, and records when each began", async () => {
  const clock = virtualClock();
  const client = new HttpClient({
    clock,
    perSecond: 20,
    ask: async (signal) => {
      await clock.sleep(2000, signal);
      return { ok: true, outcome: "200" };
    },
  });
  await clock.sleep(5000, forever);
  await client[Symbol.asyncDispose]();
  const starts = client.requests.map(({ startedMs }) => startedMs);
  expect(starts.length).toBeGreaterThanOrEqual(100);
  expect(starts.slice(1).every((start, index) => start - starts[index]! === 50)).toBe(true);
});

test("the ledger's writer goes to the site that takes writes, never uses a number twice, and notes what was confirmed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hotsite-ledger-"));
  const clock = virtualClock();
  const tables: Record<string, LedgerEntry[]> = { east: [], west: [] };
  let writable = "east";
  const open = async (site: string): Promise<Ledger> => ({
    append: async (entry) => {
      if (site !== writable) throw new RetryableError("read-only", "read-only");
      tables[site]!.push(entry);
    },
    entries: async () => tables[site]!,
    [Symbol.asyncDispose]: async () => undefined,
  });
  const writer = new LedgerWriter({
    drill: "d",
    sites: ["east", "west"],
    open,
    clock,
    file: join(folder, "notes"),
    everyMs: 20,
    timeoutMs: 1000,
  });
  await clock.sleep(1000, forever);
  writable = "west";
  await clock.sleep(1000, forever);
  await writer[Symbol.asyncDispose]();

  const ids = writer.attempts.map(({ entry }) => entry.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(writer.attempts.filter(({ ackedMs }) => ackedMs === undefined)).toHaveLength(1);
  const noted = (await readFile(join(folder, "notes"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => Number(line.split(" ")[0]));
  expect(noted).toEqual([...tables.east!, ...tables.west!].map(({ id }) => id));
  await rm(folder, { recursive: true });
});
