import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { waitFor } from "../../core/wait.ts";
import { builtHotsite } from "../cli/process.ts";
import { startLinkRig, type LinkRig } from "./two-servers.ts";

jest.setTimeout(180_000);
const signal = AbortSignal.timeout(600_000);
const seed = [
  "CREATE DATABASE shop",
  "CREATE TABLE shop.item (id INT PRIMARY KEY, name VARCHAR(50))",
  "INSERT INTO shop.item VALUES (1, 'one'), (2, 'two'), (3, 'three')",
];

/** What Prometheus would read. */
async function metrics(socketPath: string): Promise<string> {
  const asking = request({ socketPath, path: "/metrics" }).end();
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  return text(answer);
}

interface Status {
  readonly state: string;
  readonly problem?: string;
  readonly log?: { readonly bytes: number; readonly limitBytes: number; readonly full: boolean };
  readonly stoppedAt?: string;
  readonly behindTransactions?: number;
}

describe("a person operates a link", () => {
  let rig: LinkRig;

  beforeAll(async () => {
    await builtHotsite();
    rig = await startLinkRig();
  });
  afterAll(async () => rig[Symbol.asyncDispose]());
  beforeEach(async () => {
    await rig.begin(seed);
    await rig.declare('databases: ["shop"],');
  });

  async function status(): Promise<Status> {
    const { stdout } = await rig.hotsite("replication", "status", "--json");
    const { links } = JSON.parse(stdout) as { links: [{ link: { value: Status } }] };
    return links[0].link.value;
  }

  const until = (is: (now: Status) => boolean) =>
    waitFor(
      async () => is(await status()) || undefined,
      { timeoutMs: 60_000, what: "the link to be so" },
      signal,
    );

  test("pauses it while the log still fills, over a restart, and lets it go on", async () => {
    const socket = join(rig.folder, "metrics.sock");
    const running = rig.start("replicate", "--metrics", socket);
    await running.said("streaming");
    expect(await metrics(socket)).toContain('hotsite_link_state{link="shop",state="streaming"} 1');
    expect((await rig.hotsite("replication", "pause")).stdout).toContain("shop is paused");
    await rig.source.query("INSERT INTO shop.item VALUES (4, 'four')");
    await until(({ state, behindTransactions = 0 }) => state === "paused" && behindTransactions > 0);
    const told = await metrics(socket);
    expect(told).toContain('hotsite_link_state{link="shop",state="paused"} 1');
    expect(told).toMatch(/hotsite_link_log_behind_bytes\{link="shop"\} [1-9]/);
    expect(told).toMatch(/hotsite_link_source_clock_offset_seconds\{link="shop"\} -?0/);
    // The source is asked every few seconds.
    await waitFor(
      async () =>
        /hotsite_link_source_behind_bytes\{link="shop"\} \d/.test(await metrics(socket)) || undefined,
      { timeoutMs: 30_000, what: "the source to be asked" },
      signal,
    );
    running.kill("SIGKILL");
    await running.ended;

    rig.start("replicate");
    await until(({ state }) => state === "paused");
    expect(await rig.target.query("SELECT id FROM shop.item WHERE id = 4")).toEqual([]);
    await rig.hotsite("replication", "resume");
    await rig.equal("shop.item");
  });

  test("reads no more while the log is at its limit, says so, and goes on by itself once it is resumed", async () => {
    await rig.declare('databases: ["shop"], log: embeddedLog({ limit: "64MB" }),');
    const socket = join(rig.folder, "metrics.sock");
    const running = rig.start("replicate", "--metrics", socket);
    await running.said("streaming");
    await rig.hotsite("replication", "pause");
    await rig.source.query("CREATE TABLE shop.blob_ (id INT PRIMARY KEY, b LONGBLOB)");
    for (let id = 1; id <= 40; id += 1)
      await rig.source.query(`INSERT INTO shop.blob_ SELECT ${id}, REPEAT(MD5(RAND()), 65536)`);
    await until(({ log }) => log?.full === true);
    const { log, problem } = await status();
    expect(problem).toMatch(
      /^the log keeps 6\d MB, its limit is 64 MB: nothing more is read from the source$/,
    );
    expect(log?.bytes).toBeLessThan(70 * 2 ** 20);
    expect(await metrics(socket)).toContain('hotsite_link_log_full{link="shop"} 1');
    const { stdout } = await rig.hotsite("replication", "status");
    expect(stdout).toContain("nothing is lost as long as the source keeps its binlog");
    await rig.hotsite("replication", "resume");
    await rig.equal("shop.blob_");
    await until((now) => now.log?.full === false && now.problem === undefined);
    expect(await metrics(socket)).toContain('hotsite_link_log_full{link="shop"} 0');
  });

  test("skips the one transaction at which it stopped, and no other; who, when and why are kept", async () => {
    await rig.hotsite("replicate", "--until-caught-up");
    await rig.target.query("DELETE FROM shop.item WHERE id = 2");
    await rig.source.query("UPDATE shop.item SET name = 'zwei' WHERE id = 2");
    const [{ gtid } = { gtid: "" }] = await rig.source.query("SELECT @@gtid_binlog_pos AS gtid");
    await rig.source.query("INSERT INTO shop.item VALUES (5, 'five')");
    const stopped = await rig.hotsite("replicate");
    expect(stopped).toMatchObject({ code: 1, stderr: expect.stringContaining("update shop.item, key (2)") });
    expect(await status()).toMatchObject({ state: "failed", stoppedAt: expect.stringMatching(/^1-11-\d+$/) });
    const { stoppedAt = "" } = await status();
    expect(Number(stoppedAt.split("-")[2])).toBeLessThanOrEqual(Number(String(gtid).split("-")[2]));

    const skip = (which: string, ...reason: string[]) => rig.hotsite("replication", "skip", which, ...reason);
    expect((await skip(stoppedAt)).code).toBe(2);
    expect((await skip("1-11-1", "--reason", "wrong one")).stderr).toContain(`it stopped at ${stoppedAt}`);
    expect((await skip(stoppedAt, "--reason", "row 2 is not wanted there")).code).toBe(0);
    expect((await rig.hotsite("replicate", "--until-caught-up")).code).toBe(0);
    expect(await rig.target.query("SELECT id FROM shop.item")).toEqual([{ id: 1 }, { id: 3 }, { id: 5 }]);
    expect(await rig.target.query("SELECT gtid, reason, skipped_by FROM hotsite.skipped")).toEqual([
      { gtid: stoppedAt, reason: "row 2 is not wanted there", skipped_by: expect.stringContaining("@") },
    ]);
  });

  test("lists what XA has prepared and nobody has decided on, and decides on it; who, when and why are kept", async () => {
    await rig.hotsite("replicate", "--until-caught-up");
    for (const id of ["gone", "kept"]) {
      const session = await rig.source.connect();
      const insert = `INSERT INTO shop.item VALUES (${id === "kept" ? 6 : 7}, '${id}')`;
      for (const sql of [`XA START '${id}'`, insert, `XA END '${id}'`, `XA PREPARE '${id}'`])
        await session.query(sql);
      await session.end();
    }
    const [gone, kept] = ["X'676f6e65',X'',1", "X'6b657074',X'',1"];
    const undecided = (...rest: string[]) => rig.hotsite("replication", "undecided", ...rest);
    const running = rig.start("replicate");
    await running.said("streaming");
    const listed = await undecided("--json");
    expect(JSON.parse(listed.stdout)).toMatchObject({
      transactions: [gone, kept].map((xid) => ({ site: "source", xid, lost: false })),
    });
    expect((await undecided("--commit", kept)).code).toBe(2);
    expect((await undecided("--commit", kept, "--reason", "its coordinator is lost")).code).toBe(0);
    expect(
      (await undecided("--roll-back", gone.replaceAll("'", ""), "--reason", "so is this one's")).code,
    ).toBe(0);
    expect((await undecided()).stdout).toBe("nothing is undecided\n");
    await rig.equal("shop.item");
    running.kill("SIGINT");
    await running.ended;
    expect(await rig.source.query("SELECT xid, decision, decided_by, reason FROM hotsite.decided")).toEqual([
      {
        xid: kept,
        decision: "commit",
        decided_by: expect.stringContaining("@"),
        reason: "its coordinator is lost",
      },
      {
        xid: gone,
        decision: "roll back",
        decided_by: expect.stringContaining("@"),
        reason: "so is this one's",
      },
    ]);
  });

  test("skips what the source's binlog cannot be read at, while it runs, also two in a row", async () => {
    const running = rig.start("replicate");
    await running.said("streaming");
    await rig.source.query(
      "SET SESSION binlog_format = STATEMENT",
      "UPDATE shop.item SET name = 'eins' WHERE id = 1",
      "UPDATE shop.item SET name = 'zwei' WHERE id = 2",
    );
    expect(await running.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("stops the link") });
    await rig.target.query(
      "UPDATE shop.item SET name = 'eins' WHERE id = 1",
      "UPDATE shop.item SET name = 'zwei' WHERE id = 2",
    );
    const skipped: string[] = [];
    for (const code of [1, 0]) {
      const { stoppedAt = "" } = await status();
      skipped.push(stoppedAt);
      expect((await rig.hotsite("replication", "skip", stoppedAt, "--reason", "mended by hand")).code).toBe(
        0,
      );
      expect((await rig.hotsite("replicate", "--until-caught-up")).code).toBe(code);
    }
    await rig.equal("shop.item");
    expect(await rig.target.query("SELECT gtid FROM hotsite.skipped ORDER BY gtid")).toEqual(
      skipped.map((gtid) => ({ gtid })),
    );
  });

  test("replaces the target's data by a new first copy", async () => {
    await rig.hotsite("replicate", "--until-caught-up");
    await rig.target.query("UPDATE shop.item SET name = 'changed here'");
    expect((await rig.hotsite("replication", "reseed")).code).toBe(2);
    expect((await rig.hotsite("replication", "reseed", "--yes")).stdout).toContain(
      "with the next `hotsite replicate`",
    );
    await rig.hotsite("replicate", "--until-caught-up");
    await rig.equal("shop.item");
  });
});
