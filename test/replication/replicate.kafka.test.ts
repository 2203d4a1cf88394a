import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { waitFor } from "../../core/wait.ts";
import { builtHotsite } from "../cli/process.ts";
import { TestAuthority, type Pair } from "../support/authority.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startKafka, type KafkaBroker } from "../support/kafka.ts";
import { startLinkRig, type LinkRig } from "./two-servers.ts";

// The first run fetches the broker's jars.
jest.setTimeout(300_000);

let folder: string;
let authority: TestAuthority;
let stranger: TestAuthority;
let server: Pair;
let client: Pair;
let broker: KafkaBroker;
let rig: LinkRig;

beforeAll(async () => {
  await builtHotsite();
  folder = await mkdtemp(join(tmpdir(), "hotsite-tls-"));
  authority = await TestAuthority.create(folder, "ours");
  stranger = await TestAuthority.create(folder, "stranger");
  [server, client] = [await authority.issue("server"), await authority.issue("client")];
  const { ca } = authority;
  [broker, rig] = await Promise.all([
    startKafka({ tls: { ca, password: "broker", ...server } }),
    startLinkRig({
      flavour: "mysql",
      extra: [`--ssl-ca=${ca}`, `--ssl-cert=${server.cert}`, `--ssl-key=${server.key}`],
    }),
  ]);
});
afterAll(async () => {
  await Promise.all([broker, rig].map((each) => each[Symbol.asyncDispose]()));
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await rig.begin([
    "CREATE DATABASE shop",
    "CREATE TABLE shop.item (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50))",
    "INSERT INTO shop.item (name) VALUES ('one'), ('two'), ('three')",
  ]);
  await rig.source.query("ALTER USER 'link_source'@'%' IDENTIFIED BY 'secret' REQUIRE X509");
  await rig.target.query("ALTER USER 'link_target'@'%' IDENTIFIED BY 'secret' REQUIRE X509");
});

const insert = () => rig.source.query("INSERT INTO shop.item (name) VALUES ('more')");
const tls = ({ ca }: TestAuthority, { cert, key }: Pair = client): string =>
  `tls: { ca: "${ca}", cert: "${cert}", key: "${key}" }`;
const good = () => ({ source: tls(authority), target: tls(authority) });

/** Topics of their own for each test. */
let prefixes = 0;
function kafkaLog(more: string, place = broker.tls?.login ?? ""): string {
  return `databases: ["shop"], log: kafkaLog({ brokers: ["${place}"], topicPrefix: "t${(prefixes += 1)}", ${more} }),`;
}
const login = (password = "broker"): string =>
  `login: { mechanism: "scram-sha-512", user: "link", password: secret.file("${folder}/${password}") }`;

/** What keeps the connections of the link from living on. */
async function endConnections(end: DatabaseServer): Promise<void> {
  const rows = await end.query("SELECT id FROM information_schema.PROCESSLIST WHERE user LIKE 'link%'");
  for (const row of rows) await end.query(`KILL ${String(Object.values(row)[0])}`).catch(() => undefined);
}

/** What a monitor gets from a socket. */
async function asked(socketPath: string, path: string): Promise<{ code: number; body: string }> {
  const sent = request({ socketPath, path }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { code: response.statusCode ?? 0, body: await text(response) };
}

async function until(look: () => Promise<boolean>): Promise<void> {
  const wait = { timeoutMs: 90_000, intervalMs: 100, what: "the metrics to say so" };
  const again = async (): Promise<true | undefined> => ((await look().catch(() => false)) ? true : undefined);
  await waitFor(again, wait, AbortSignal.timeout(100_000));
}

/** Without a restart, as an administrator renews one. */
async function useCertificate({ ca }: TestAuthority, { cert, key }: Pair): Promise<void> {
  await rig.source.query(
    `SET GLOBAL ssl_ca = '${ca}'`,
    `SET GLOBAL ssl_cert = '${cert}'`,
    `SET GLOBAL ssl_key = '${key}'`,
  );
  await rig.source.query("ALTER INSTANCE RELOAD TLS");
}

describe("hotsite replicate from MySQL to MySQL over Kafka, all of it over TLS", () => {
  beforeEach(async () => {
    await writeFile(join(folder, "broker"), "broker\n");
    await writeFile(join(folder, "guessed"), "guessed\n");
  });

  test("copies and follows with a login at the broker, and waits while the broker is away", async () => {
    await rig.declare(kafkaLog(`tls: { ca: "${authority.ca}" }, ${login()}`), good());
    expect(await rig.hotsite("replicate", "--check")).toMatchObject({ code: 0 });
    const running = rig.start("replicate");
    await rig.equal("shop.item");
    await broker.kill();
    await insert();
    await running.said("cannot reach");
    await broker.restart();
    await rig.equal("shop.item");
    running.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: 0 });
  });

  test("tells monitors how it does", async () => {
    const metrics = join(folder, "m.sock");
    const log = kafkaLog(`tls: { ca: "${authority.ca}" }, ${login()}`);
    await rig.declare(`${log} metrics: "${metrics}",`, good());
    const running = rig.start("replicate");
    await rig.equal("shop.item");
    await until(async () => {
      const { body } = await asked(metrics, "/metrics");
      return [
        /hotsite_link_log_append_seconds_total\S* [\d.]+/,
        /hotsite_link_log_behind_seconds\S* [\d.]+/,
        /hotsite_link_source_behind_transactions\S* \d+/,
        /hotsite_link_warnings\S* 0\n/,
      ].every((line) => line.test(body));
    });
    expect(await asked(metrics, "/health")).toMatchObject({ code: 200 });
    await until(async () => (await asked(metrics, "/ready?lag=60")).code === 200);
    await rig.hotsite("replication", "pause");
    expect(await asked(metrics, "/ready")).toMatchObject({
      code: 503,
      body: expect.stringContaining("paused"),
    });
    expect(await asked(metrics, "/health")).toMatchObject({ code: 200 });
    const before = Number(/appends_total\S* (\d+)/.exec((await asked(metrics, "/metrics")).body)?.[1]);
    await insert();
    await until(async () => {
      const { body } = await asked(metrics, "/metrics");
      const [, waited] = /log_behind_seconds\S* ([\d.]+)/.exec(body) ?? [];
      const [, appends] = /appends_total\S* (\d+)/.exec(body) ?? [];
      return Number(waited) > 2 && Number(appends) > before;
    });
    running.kill("SIGINT");
    expect((await running.ended).code).toBe(0);
  });

  test("shows the broker a certificate where it wants one", async () => {
    const place = broker.tls?.mutual;
    await rig.declare(kafkaLog(tls(authority), place), good());
    expect((await rig.hotsite("replicate", "--until-caught-up")).code).toBe(0);
    await rig.equal("shop.item");
    await rig.declare(kafkaLog(tls(authority, await stranger.issue("other")), place), good());
    const { code, stderr } = await rig.hotsite("replicate");
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("tls.cert") });
  });

  test("what is wrong with certificates, passwords and addresses is told at once, each with its remedy", async () => {
    const wrongEnds = { source: tls(stranger), target: `tls: { ca: "${authority.ca}" }` };
    await rig.declare(kafkaLog(`tls: { ca: "${authority.ca}" }, ${login("guessed")}`), wrongEnds);
    const { code, stderr } = await rig.hotsite("replicate", "--check");
    expect(code).toBe(1);
    expect(stderr).toMatch(/source: .*certificate.*\n.*tls\.ca/);
    expect(stderr).toMatch(/target: .*Access denied.*\n.*client certificate/);
    expect(stderr).toMatch(/log: .*refuses the login.*\n.*password/);

    await rig.declare(kafkaLog(`tls: { ca: "${stranger.ca}" }`), good());
    expect((await rig.hotsite("replicate", "--check")).stderr).toMatch(/log: .*certificate.*\n.*tls\.ca/);
    await rig.declare(kafkaLog("tls: true", broker.address), good());
    expect((await rig.hotsite("replicate", "--check")).stderr).toMatch(/log: .*cannot reach.*\n.*`tls`/);
  });

  test("PEM files that are not what they should be are told before anything is connected", async () => {
    const old = await authority.issue("old", -1);
    const mixed = { cert: client.cert, key: server.key };
    await rig.declare(kafkaLog(tls(authority, { cert: "none.pem", key: client.key })), {
      source: tls(authority, old),
      target: tls(authority, mixed),
    });
    const { code, stderr } = await rig.hotsite("replicate", "--check");
    expect(code).toBe(1);
    expect(stderr).toMatch(/source: .*old\.pem ran out at/);
    expect(stderr).toMatch(/target: .*server-key\.pem is not the key of .*client\.pem/);
    expect(stderr).toMatch(/log: .*none\.pem cannot be read/);
  });

  test("a certificate of the source that is another one suddenly stops the link with what to do; it goes on with the right one", async () => {
    await rig.declare(kafkaLog(`tls: { ca: "${authority.ca}" }, ${login()}`), good());
    const running = rig.start("replicate");
    await rig.equal("shop.item");
    await useCertificate(stranger, await stranger.issue("false"));
    await endConnections(rig.source);
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("tls.ca") });
    await useCertificate(authority, server);
    await insert();
    expect((await rig.hotsite("replicate", "--until-caught-up")).code).toBe(0);
    await rig.equal("shop.item");
  });

  test("a password that was changed stops the link with what to do, and the new one lets it go on", async () => {
    await rig.declare(kafkaLog(`tls: { ca: "${authority.ca}" }, ${login()}`), good());
    const running = rig.start("replicate");
    await rig.equal("shop.item");
    for (const [end, user] of [
      [rig.source, "link_source"],
      [rig.target, "link_target"],
    ] as const) {
      await end.query(`ALTER USER '${user}'@'%' IDENTIFIED BY 'another'`);
    }
    await endConnections(rig.source);
    await endConnections(rig.target);
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("Access denied") });
    expect(stderr).toContain("was its password changed");
    await writeFile(join(rig.folder, "password"), "another\n");
    await insert();
    expect((await rig.hotsite("replicate", "--until-caught-up")).code).toBe(0);
    await rig.equal("shop.item");
  });
});
