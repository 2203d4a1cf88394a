import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { LinkOrder } from "../../core/protection.ts";
import type { Shell } from "../../core/shell.ts";
import { openLocalShell } from "../../remote/local.ts";
import { ServerControl } from "../../replication/database.ts";
import type { Flavour } from "../../replication/flavour.ts";
import { GatewayControl } from "../../replication/gateway/control.ts";
import { schemaSql } from "../../replication/schema.ts";
import { applierGrantsOn } from "../../replication/target-grants.ts";
import { clientFor } from "../support/client.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import { startNode, stopScript, type Script } from "./process.ts";

/** Two sites as far as replication sees them: a database each, and the gateway of the second. */
export interface Pair extends AsyncDisposable {
  readonly east: DatabaseServer;
  readonly west: DatabaseServer;
  readonly eastDatabase: ServerControl;
  readonly westDatabase: ServerControl;
  /** In the west: it pulls from the east. */
  readonly gateway: GatewayControl;
  /** Starts the gateway's process, again after a kill. */
  startGateway(env?: NodeJS.ProcessEnv): void;
  /** Where its log is from its next start on: at a broker, or with itself. */
  moveLog(kafka: string | undefined): Promise<void>;
  /** Whether the process is there. */
  gatewayRuns(): boolean;
  stopGateway(how: NodeJS.Signals): Promise<void>;
}

export const pairDatabase = "shop";

/** The order that copies east to west. */
export function orderWest(more: Partial<LinkOrder> = {}): LinkOrder {
  return { stream: "shop/db/1", epoch: 1, from: "east", to: "west", start: "", begin: "copy", ...more };
}

export interface PairOptions {
  /** What the east and the west are; default: both MariaDB. */
  readonly source?: Flavour;
  readonly target?: Flavour;
  /** A broker's address, when the log is to be there. */
  readonly kafka?: string;
}

const servers = {
  mariadb: startMariadb,
  mysql: startMysql,
} as const;

/** `seed`: statements that the east runs before anything else. */
export async function startPair(
  seed: readonly string[],
  { source = "mariadb", target = "mariadb", kafka }: PairOptions = {},
): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), "hotsite-pair-"));
  const [east, west] = await Promise.all([
    servers[source]({ serverId: 101, domain: 1 }),
    servers[target]({ serverId: 102, domain: 2, extra: ["--read-only=1"] }),
  ]);
  const pair = await pairOf(folder, configOf(folder, east, west, kafka), east, west);
  try {
    await Promise.all([prepare(east), prepare(west)]);
    await east.query(...seed);
    return pair;
  } catch (error) {
    await pair[Symbol.asyncDispose]();
    throw error;
  }
}

async function pairOf(
  folder: string,
  gateway: ReturnType<typeof configOf>,
  east: DatabaseServer,
  west: DatabaseServer,
): Promise<Pair> {
  const shell = openLocalShell();
  const config = join(folder, "gateway.json");
  await writeFile(join(folder, "password"), "secret\n");
  await writeFile(config, JSON.stringify(gateway));
  await mkdir(join(folder, "state"));
  const { controlSocket: socket } = gateway;
  let script: Script | undefined;
  return {
    east,
    west,
    eastDatabase: await controlOf("east", east, shell),
    westDatabase: await controlOf("west", west, shell),
    gateway: new GatewayControl({ site: "west", shell, socket }),
    startGateway: (env) => {
      script = startNode(["gateway", "run", "--config", config], env);
    },
    moveLog: (kafka) => writeFile(config, JSON.stringify(configOf(folder, east, west, kafka))),
    gatewayRuns: () => script !== undefined && script.exitCode === null && script.signalCode === null,
    stopGateway: (how) => stopScript(script, how),
    [Symbol.asyncDispose]: async () => {
      await stopScript(script, "SIGKILL");
      await Promise.all([east, west, shell].map((each) => each[Symbol.asyncDispose]()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Who may see what is prepared by XA. */
const xaRecover = { mariadb: "", mysql: ", XA_RECOVER_ADMIN" };

async function prepare(server: DatabaseServer): Promise<void> {
  const applier = "'hotsite_applier'@'127.0.0.1'";
  const feeder = "'hotsite_feeder'@'127.0.0.1'";
  await server.query(
    ...schemaSql.split(";\n").filter((sql) => sql.trim() !== ""),
    "SET sql_log_bin = 0",
    `CREATE USER ${applier} IDENTIFIED BY 'secret'`,
    ...applierGrantsOn(server.flavour, applier, [pairDatabase]),
    `CREATE USER ${feeder} IDENTIFIED BY 'secret'`,
    `GRANT REPLICATION SLAVE, REPLICATION CLIENT ${xaRecover[server.flavour]} ON *.* TO ${feeder}`,
    `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON ${pairDatabase}.* TO ${feeder}`,
    `GRANT SELECT, INSERT, UPDATE, CREATE ON hotsite.* TO ${feeder}`,
  );
}

function configOf(folder: string, east: DatabaseServer, west: DatabaseServer, kafka?: string) {
  const account = { host: "127.0.0.1", passwordFile: join(folder, "password") };
  return {
    site: "west",
    source: { ...account, site: "east", port: east.port, user: "hotsite_feeder" },
    target: { ...account, port: west.port, user: "hotsite_applier" },
    databases: [pairDatabase],
    stateFolder: join(folder, "state"),
    controlSocket: join(folder, "control.sock"),
    ...(kafka === undefined ? {} : { kafka: { brokers: [kafka], topicPrefix: basename(folder) } }),
  };
}

async function controlOf(site: string, server: DatabaseServer, shell: Shell): Promise<ServerControl> {
  return new ServerControl({ site, flavour: server.flavour, shell, client: await clientFor(server) });
}
