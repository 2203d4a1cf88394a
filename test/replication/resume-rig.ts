import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import { HotsiteError } from "../../core/errors.ts";
import { silentLogger } from "../../core/logger.ts";
import { includesPosition, parsePosition } from "../../core/position.ts";
import type { LinkStatus } from "../../core/protection.ts";
import { Secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import { lineLogger } from "../../replication/control/log-lines.ts";
import type { LinkOrder } from "../../core/protection.ts";
import { decisionsAt } from "../../replication/decisions.ts";
import type { Flavour } from "../../replication/flavour.ts";
import { Link } from "../../replication/link.ts";
import { openEmbeddedLog } from "../../replication/log/embedded.ts";
import { readTransactions } from "../../replication/read-transactions.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import { createOwnSchema, order } from "./feeder-support.ts";

const account = { host: "127.0.0.1", user: "root", password: new Secret("") };
const waitMs = 60_000;
const streamed: LinkOrder = { ...order, begin: "stream" };

/** Two servers and a link between them in this process that can be stopped, pointed elsewhere and started again. */
export class ResumeRig implements AsyncDisposable {
  readonly flavour: Flavour;
  readonly east: DatabaseServer;
  readonly west: DatabaseServer;
  #folder = "";
  #order = streamed;
  #running:
    { readonly link: Link; readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined;

  private constructor(flavour: Flavour, east: DatabaseServer, west: DatabaseServer) {
    this.flavour = flavour;
    this.east = east;
    this.west = west;
  }

  static async start(flavour: Flavour): Promise<ResumeRig> {
    const [east, west] = await Promise.all([startOne(flavour, 101), startOne(flavour, 102)]);
    return new ResumeRig(flavour, east, west);
  }

  /** Both servers as if they were new, with one empty table, and nothing in the log. */
  async begin(): Promise<void> {
    await this.stop();
    this.#order = streamed;
    for (const server of [this.east, this.west]) await makeNew(server);
    if (this.#folder !== "") await rm(this.#folder, { recursive: true });
    this.#folder = await mkdtemp(join(tmpdir(), "hotsite-resume-"));
  }

  /** Starts the link, or starts it again where it stopped; from another server when one is given. */
  async start(source: { readonly port: number } = this.east): Promise<void> {
    await this.stop();
    const link = await Link.open({
      order: this.#order,
      source: { ...account, site: "east", port: source.port },
      target: { ...account, port: this.west.port },
      databases: ["shop"],
      openLog: (stream) => openEmbeddedLog(this.#folder, stream),
      clock: systemClock,
      logger:
        process.env.HOTSITE_TEST_LOG === undefined
          ? silentLogger
          : lineLogger((line) => process.stderr.write(line)),
    });
    const stop = new AbortController();
    const ended = link.run(stop.signal).then(
      () => undefined,
      (error: unknown) => error,
    );
    this.#running = { link, stop, ended };
  }

  /** Starts another stream where this one has come to, with nothing in the log. */
  async anew(): Promise<void> {
    const start = this.#running?.link.status().applied ?? "";
    await this.stop();
    await rm(this.#folder, { recursive: true });
    this.#order = { ...streamed, stream: "shop/db/2", epoch: 2, start };
    await this.start();
  }

  /** Starts another stream with a first copy. */
  async copy(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true });
    this.#order = { ...streamed, stream: "shop/db/3", epoch: 3, begin: "copy" };
    await this.start();
  }

  /** Waits until the link says that something is in its way. */
  async saysProblem(wanted: RegExp): Promise<void> {
    await this.says(`${wanted}`, ({ problem }) => wanted.test(problem ?? ""));
  }

  /** What the link says is prepared at the source. */
  prepared(): readonly string[] {
    return (this.#running?.link.status().prepared ?? []).map(({ xid }) => xid);
  }

  /** Of what the link says is undecided the rows in the source's binlog, as they are kept when the source was lost and comes back. */
  async undecidedRows(): Promise<readonly number[]> {
    const { prepared = [], received = "" } = this.#running?.link.status() ?? {};
    const source = { ...account, site: "east", port: this.east.port };
    const options = { source, databases: ["shop"], clock: systemClock };
    const counts = [];
    for (const known of [prepared, []]) {
      const decisions = decisionsAt(options, known);
      const from = known === prepared ? received : this.#order.start;
      const read = readTransactions({ ...options, decisions }, from, await this.east.position(), signal());
      for await (const _ of read);
      for (const { xid } of decisions.undecided) {
        let rows = 0;
        for await (const { changes } of decisions.rowsOf(xid, signal())) rows += changes.length;
        counts.push(rows);
      }
    }
    return counts;
  }

  /** Waits until a replica of the source has everything. */
  async caughtUp(replica: DatabaseServer): Promise<void> {
    const wanted = parsePosition(await this.east.position());
    const look = async (): Promise<true | undefined> =>
      includesPosition(parsePosition(await replica.position()), wanted) || undefined;
    await waitFor(look, { timeoutMs: waitMs, intervalMs: 50, what: "the replica to follow" }, signal());
  }

  /** Waits until the link says a lag like this. */
  async lag(is: (seconds: number) => boolean): Promise<void> {
    await this.says("another lag", ({ lagSeconds }) => lagSeconds !== undefined && is(lagSeconds));
  }

  /** Waits until the link says this of itself. */
  async says(what: string, is: (status: LinkStatus) => boolean): Promise<void> {
    const look = (): Promise<true | undefined> => {
      const status = this.#running?.link.status();
      return Promise.resolve((status !== undefined && is(status)) || undefined);
    };
    await waitFor(look, { timeoutMs: waitMs, intervalMs: 50, what }, signal());
  }

  async stop(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.ended;
    this.#running = undefined;
  }

  /** Waits until the target's table is the source's, and looks that nothing is wrong. */
  async equal(source: DatabaseServer = this.east): Promise<void> {
    const link = this.#running?.link;
    const look = async (): Promise<true | undefined> => {
      const { state, problem } = link?.status() ?? {};
      if (state === "failed") throw new Error(`the link has failed: ${problem ?? ""}`);
      return JSON.stringify(await rowsOf(source)) === JSON.stringify(await rowsOf(this.west)) || undefined;
    };
    await waitFor(look, { timeoutMs: waitMs, intervalMs: 50, what: "equal rows" }, signal());
  }

  /** Waits until the link has stopped by itself. */
  async failure(): Promise<HotsiteError> {
    const failed = (): Promise<true | undefined> =>
      Promise.resolve(this.#running?.link.status().state === "failed" || undefined);
    await waitFor(failed, { timeoutMs: waitMs, intervalMs: 50, what: "the link to stop" }, signal());
    const running = this.#running;
    await this.stop();
    const error = await running?.ended;
    expect(error).toBeInstanceOf(HotsiteError);
    return error as HotsiteError;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Promise.all([this.east, this.west].map((server) => server[Symbol.asyncDispose]()));
    if (this.#folder !== "") await rm(this.#folder, { recursive: true, force: true });
  }
}

export function startOne(
  flavour: Flavour,
  serverId: number,
  { domain = serverId - 100, extra = [] }: { domain?: number; extra?: readonly string[] } = {},
): Promise<DatabaseServer> {
  return flavour === "mysql" ? startMysql({ serverId, extra }) : startMariadb({ serverId, domain, extra });
}

/** Forgets all GTIDs and binlogs. */
export function resetSql({ flavour }: DatabaseServer): string {
  return flavour === "mysql" ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER";
}

export async function makeNew(server: DatabaseServer): Promise<void> {
  await rollBackPrepared(server);
  await server.query("DROP DATABASE IF EXISTS hotsite", "DROP DATABASE IF EXISTS shop");
  await createOwnSchema(server);
  await server.query(
    "CREATE DATABASE shop",
    "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)",
    resetSql(server),
  );
}

/** What a test before has prepared by XA and left. */
async function rollBackPrepared(server: DatabaseServer): Promise<void> {
  for (const { formatID, gtrid_length: length, data } of await server.query("XA RECOVER")) {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(String(data));
    const [global, branch] = [bytes.subarray(0, Number(length)), bytes.subarray(Number(length))];
    await server.query(
      `XA ROLLBACK X'${global.toString("hex")}', X'${branch.toString("hex")}', ${String(formatID)}`,
    );
  }
}

/** Makes a server the replica of another one, by the servers' own replication. */
export async function follow(replica: DatabaseServer, source: DatabaseServer): Promise<void> {
  const [host, port] = ["'127.0.0.1'", source.port];
  if (replica.flavour === "mysql") {
    await replica.query(
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST = ${host}, SOURCE_PORT = ${port}, SOURCE_USER = 'root', SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1`,
      "START REPLICA",
    );
    return;
  }
  await replica.query(
    "SET GLOBAL gtid_slave_pos = ''",
    `CHANGE MASTER TO MASTER_HOST = ${host}, MASTER_PORT = ${port}, MASTER_USER = 'root', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1`,
    "START SLAVE",
  );
}

async function rowsOf(server: DatabaseServer): Promise<unknown> {
  return server.query("SELECT * FROM shop.t ORDER BY id");
}

function signal(): AbortSignal {
  return new AbortController().signal;
}
