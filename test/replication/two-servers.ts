import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../../core/wait.ts";
import type { Flavour } from "../../replication/flavour.ts";
import { feederGrantsOn } from "../../replication/source-grants.ts";
import { applierGrantsOn } from "../../replication/target-grants.ts";
import { hotsiteProcess, startHotsite, type Running } from "../cli/process.ts";
import type { Ended } from "../cli/support.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";

/** Two servers that know nothing of each other, users with the least privileges, and a folder for `link.ts`. */
export interface LinkRig extends AsyncDisposable {
  readonly source: DatabaseServer;
  readonly target: DatabaseServer;
  readonly folder: string;
  /** Ends what runs, empties both servers and the folder, and runs these statements at the source. */
  begin(seed: readonly string[]): Promise<void>;
  /** Writes `link.ts`; `more` are settings beside the two servers: `databases: ["shop"]`; `ends` are settings of each. */
  declare(more: string, ends?: { readonly source?: string; readonly target?: string }): Promise<void>;
  /** Writes `link.ts` as a page shows it, with these two servers and their password in place of the page's. */
  declareAs(shown: string): Promise<void>;
  /** Runs `hotsite` in the folder to its end. */
  hotsite(...argv: readonly string[]): Promise<Ended>;
  /** Starts `hotsite` in the folder. */
  start(...argv: readonly string[]): Running;
  /** Waits until this table is the same on both ends; `as` is its database at the target. */
  equal(table: string, as?: string): Promise<void>;
  /** Waits until the target's table has such a row. */
  targetHas(table: string, condition: string): Promise<void>;
}

const [feeder, applier] = ["'link_source'@'%'", "'link_target'@'%'"];
const signal = AbortSignal.timeout(600_000);

interface RigOptions {
  /** Databases on which the users of the two ends have privileges. */
  readonly source?: readonly string[];
  readonly target?: readonly string[];
  /** What both servers are; default: MariaDB. */
  readonly flavour?: Flavour;
  /** More options of both servers. */
  readonly extra?: readonly string[];
}

export async function startLinkRig({
  source: sources = ["shop"],
  target: targets = ["shop"],
  flavour = "mariadb",
  extra = [],
}: RigOptions = {}): Promise<LinkRig> {
  const start = flavour === "mariadb" ? startMariadb : startMysql;
  const [source, target] = await Promise.all([
    start({ serverId: 11, domain: 1, extra }),
    start({ serverId: 12, domain: 2, extra }),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "hotsite-link-"));
  const rig = new TwoServers(source, target, folder);
  try {
    await source.query(
      `CREATE USER ${feeder} IDENTIFIED BY 'secret'`,
      ...feederGrantsOn(source.flavour, feeder, sources),
      `GRANT CREATE ON hotsite.* TO ${feeder}`,
    );
    await target.query(
      `CREATE USER ${applier} IDENTIFIED BY 'secret'`,
      ...applierGrantsOn(target.flavour, applier, targets),
      `GRANT CREATE ON hotsite.* TO ${applier}`,
    );
    return rig;
  } catch (error) {
    await rig[Symbol.asyncDispose]();
    throw error;
  }
}

/** Empties the binlog. */
const resetSql: Readonly<Record<Flavour, string>> = {
  mariadb: "RESET MASTER",
  mysql: "RESET BINARY LOGS AND GTIDS",
};

class TwoServers implements LinkRig {
  readonly source: DatabaseServer;
  readonly target: DatabaseServer;
  readonly folder: string;
  readonly #running = new Set<Running>();

  constructor(source: DatabaseServer, target: DatabaseServer, folder: string) {
    this.source = source;
    this.target = target;
    this.folder = folder;
  }

  async begin(seed: readonly string[]): Promise<void> {
    await this.#endAll();
    for (const server of [this.source, this.target]) {
      const own = await server.query(
        "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')",
      );
      await server.query(
        ...own.map(({ name }) => `DROP DATABASE \`${String(name)}\``),
        resetSql[server.flavour],
      );
    }
    for (const name of await readdir(this.folder)) await rm(join(this.folder, name), { recursive: true });
    await this.source.query(...seed);
  }

  async declareAs(shown: string): Promise<void> {
    await writeFile(join(this.folder, "password"), "secret\n");
    const ports = [this.source.port, this.target.port];
    const file = shown
      .replace(/host: "[^"]*"/g, () => `host: "127.0.0.1", port: ${ports.shift()}`)
      .replace(/password: secret\.\w+\("[^"]*"\)/g, `password: secret.file("${this.folder}/password")`)
      .replace(/, tls: \{[^}]*\}/, "");
    await writeFile(join(this.folder, "link.ts"), file);
  }

  async declare(more: string, ends: { source?: string; target?: string } = {}): Promise<void> {
    await writeFile(join(this.folder, "password"), "secret\n");
    const server = (port: number, user: string, own = ""): string =>
      `{ host: "127.0.0.1", port: ${port}, user: "${user}", password: secret.file("${this.folder}/password"), ${own} }`;
    await writeFile(
      join(this.folder, "link.ts"),
      `import { embeddedLog, kafkaLog, link, secret } from "hotsite";
export default link("shop", {
  source: ${server(this.source.port, "link_source", ends.source)},
  target: ${server(this.target.port, "link_target", ends.target)},
  ${more}
});
`,
    );
  }

  hotsite(...argv: readonly string[]): Promise<Ended> {
    return hotsiteProcess(argv, this.folder);
  }

  start(...argv: readonly string[]): Running {
    const running = startHotsite(argv, this.folder);
    this.#running.add(running);
    return running;
  }

  async equal(table: string, as?: string): Promise<void> {
    const there = as === undefined ? table : `${as}.${table.split(".")[1] ?? ""}`;
    const look = async (): Promise<true | undefined> => {
      const [one, other] = await Promise.all([sum(this.source, table), sum(this.target, there)]);
      return one !== null && one === other ? true : undefined;
    };
    await waitFor(look, { timeoutMs: 60_000, intervalMs: 50, what: `${table} to be equal` }, signal);
  }

  async targetHas(table: string, condition: string): Promise<void> {
    const look = async (): Promise<true | undefined> => {
      const rows = await this.target.query(`SELECT 1 FROM ${table} WHERE ${condition}`).catch(() => []);
      return rows.length > 0 ? true : undefined;
    };
    await waitFor(look, { timeoutMs: 60_000, intervalMs: 50, what: `${condition} in ${table}` }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endAll();
    await Promise.all([this.source, this.target].map((server) => server[Symbol.asyncDispose]()));
    await rm(this.folder, { recursive: true, force: true });
  }

  async #endAll(): Promise<void> {
    for (const running of this.#running) {
      running.kill("SIGKILL");
      await running.ended;
    }
    this.#running.clear();
  }
}

async function sum(server: DatabaseServer, table: string): Promise<unknown> {
  return (await server.query(`CHECKSUM TABLE ${table} EXTENDED`))[0]?.["Checksum"];
}
