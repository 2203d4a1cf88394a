import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { silentLogger } from "../../core/logger.ts";
import { Secret } from "../../core/secret.ts";
import { Link } from "../../replication/link.ts";
import { freePort } from "../support/free-port.ts";
import { order } from "./feeder-support.ts";

test("a log whose settings cannot be looked at makes the link say so at once, and end with that once it is told to", async () => {
  const fault = new TypeError("settings of another shape");
  const log = emptyLog({ keeping: () => Promise.reject(fault) });
  const account = { host: "127.0.0.1", port: await freePort(), user: "nobody", password: new Secret("") };
  const failed = new AbortController();
  const link = await Link.open(
    {
      ...{ order, source: { ...account, site: "east" }, target: account, databases: ["shop"] },
      ...{ openLog: () => Promise.resolve(log), clock: systemClock, logger: silentLogger },
    },
    ({ state }) => {
      if (state === "failed") failed.abort();
    },
  );
  const stop = new AbortController();
  const ended = link.run(stop.signal);
  if (!failed.signal.aborted) await once(failed.signal, "abort");
  expect(link.status()).toMatchObject({ state: "failed", problem: fault.message });
  stop.abort();
  await expect(ended).rejects.toBe(fault);
  expect(log.closed).toBe(true);
});

/** A log that never has anything. */
function emptyLog(more: Partial<Log>): Log & { readonly closed: boolean } {
  let closed = false;
  return {
    append: () => Promise.reject(new Error("nothing is appended")),
    async *read() {},
    tail: () => Promise.resolve(undefined),
    trim: () => Promise.resolve(),
    [Symbol.asyncDispose]() {
      closed = true;
      return Promise.resolve();
    },
    ...more,
    get closed() {
      return closed;
    },
  };
}
