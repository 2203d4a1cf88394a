import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Authority } from "../../core/protection.ts";
import { waitFor } from "../../core/wait.ts";
import { Pki } from "../../lifecycle/pki.ts";
import { ROLE_AGENT } from "../../recipes/mysql/role-script.ts";
import { clientFor } from "../support/client.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { Newcomer } from "../support/newcomer.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";

const servers = {
  MariaDB: () => startMariadb({ serverId: 1, domain: 1, extra: ["--read-only=1"] }),
  MySQL: () => startMysql({ serverId: 1, extra: ["--read-only=ON"] }),
} as const;

let signal: AbortSignal;

let folder: string;
let database: DatabaseServer;
let witness: Server;
let agent: ChildProcess;
let said: string;
/** What the witness says; undefined: it does not answer. */
let authority: Authority | undefined;
let asked: number;

afterEach(async () => {
  if (agent.exitCode === null && agent.pid !== undefined) {
    const ended = once(agent, "exit");
    // The whole group: its `sleep` would outlive it.
    process.kill(-agent.pid, "SIGKILL");
    await ended;
  }
  witness.close();
  witness.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

describe.each(["MariaDB", "MySQL"] as const)("the role agent of a %s", (kind) => {
  beforeAll(async () => {
    database = await servers[kind]();
  }, 60_000);

  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  }, 60_000);

  beforeEach(async () => {
    signal = AbortSignal.timeout(110_000);
    folder = await mkdtemp(join(tmpdir(), "hotsite-role-"));
    [said, asked, authority] = ["", 0, { epoch: 1, writer: null }];
    await database.query("SET GLOBAL read_only = 1");
    witness = await startWitness();
    agent = await startAgent();
  }, 60_000);

  test("the database follows the witness: writable here, read-only elsewhere and for nobody", async () => {
    await rounds(2);
    expect(await isReadOnly()).toBe(true);
    authority = { epoch: 1, writer: "east" };
    await readOnlyIs(false);
    authority = { epoch: 1, writer: null };
    await readOnlyIs(true);
    authority = { epoch: 2, writer: "east" };
    await readOnlyIs(false);
    authority = { epoch: 3, writer: "west" };
    await readOnlyIs(true);
  }, 60_000);

  test("connections of applications end when the database closes, those of the replication stay", async () => {
    authority = { epoch: 1, writer: "east" };
    await readOnlyIs(false);
    await database.query("CREATE USER app IDENTIFIED BY ''", "CREATE USER hotsite_feeder IDENTIFIED BY ''");
    const application = await database.connect({ user: "app" });
    application.on("error", () => undefined);
    const feeder = await database.connect({ user: "hotsite_feeder" });
    using newcomer = await Newcomer.at(database.root);
    authority = { epoch: 2, writer: "west" };
    await readOnlyIs(true);
    // The agent first makes the database read-only, then ends the connections.
    const refused = (): Promise<unknown> =>
      application.query("SELECT 1").then(
        () => undefined,
        (e: unknown) => e,
      );
    await waitFor(refused, { timeoutMs: 30_000, intervalMs: 50, what: "the application's end" }, signal);
    await expect(feeder.query("SELECT 1")).resolves.toBeDefined();
    expect(await newcomer.isHeard()).toBe(true);
  }, 60_000);

  test("while no witness answers a running database stays as it is, and a restarted one stays read-only", async () => {
    authority = { epoch: 1, writer: "east" };
    await readOnlyIs(false);
    authority = undefined;
    await rounds(2);
    expect(await isReadOnly()).toBe(false);
    await database.kill();
    await database.restart();
    await rounds(3);
    expect(await isReadOnly()).toBe(true);
    authority = { epoch: 1, writer: "east" };
    await readOnlyIs(false);
    expect(said).toContain("no witness answers");
  }, 60_000);

  test("an answer older than one seen before opens nothing", async () => {
    authority = { epoch: 5, writer: "west" };
    await rounds(2);
    authority = { epoch: 4, writer: "east" };
    await rounds(3);
    expect(await isReadOnly()).toBe(true);
    expect(said.match(/epoch 4, which is older than 5/g)).toHaveLength(1);
  }, 60_000);
});

async function startWitness(): Promise<Server> {
  const pki = await Pki.open(join(folder, "pki"), "clinic");
  const { ca, certificate, key } = await pki.node("edge", "edge-1", "127.0.0.1");
  const server = createServer({ cert: certificate, key: key.reveal() }, (_request, response) => {
    asked += 1;
    if (authority === undefined) response.destroy();
    else response.end(`${JSON.stringify(authority)}\n`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await mkdir(join(folder, "agent"));
  await writeFile(join(folder, "agent/witness-ca.pem"), ca);
  // The first one never answers: the next is asked.
  await writeFile(
    join(folder, "agent/witnesses"),
    `https://127.0.0.1:1/authority\nhttps://127.0.0.1:${port}/authority\n`,
  );
  return server;
}

/** The agent's own script; `client` on its path is the client of the private server. */
async function startAgent(): Promise<ChildProcess> {
  await writeFile(join(folder, "agent/role-agent"), ROLE_AGENT);
  const client = await clientFor(database);
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin/client"), `#!/bin/sh\nexec ${client.map(quoted).join(" ")} "$@"\n`);
  await chmod(join(folder, "bin/client"), 0o755);
  const child = spawn("sh", [join(folder, "agent/role-agent"), "east", join(folder, "agent"), "client"], {
    env: {
      ...process.env,
      PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
      STATE_DIRECTORY: folder,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (said += text.toString()));
  return child;
}

function quoted(word: string): string {
  return `'${word}'`;
}

async function isReadOnly(): Promise<boolean> {
  const [row] = await database.query("SELECT @@GLOBAL.read_only AS state");
  return row?.["state"] === 1;
}

function readOnlyIs(wanted: boolean): Promise<true> {
  const look = async (): Promise<true | undefined> => ((await isReadOnly()) === wanted ? true : undefined);
  return waitFor(look, { timeoutMs: 30_000, intervalMs: 50, what: `read_only ${wanted}; ${said}` }, signal);
}

/** The agent has asked so often from now on. */
function rounds(count: number): Promise<true> {
  const until = asked + count;
  const look = (): Promise<true | undefined> => Promise.resolve(asked >= until ? true : undefined);
  return waitFor(look, { timeoutMs: 30_000, intervalMs: 50, what: "the agent to ask" }, signal);
}
