import { join } from "node:path";
import { startServer, type DatabaseServer } from "./database-server.ts";
import { freePort } from "./free-port.ts";
import { mysqlPlaces, mysqlTree, type MysqlTree, type MysqlVersion } from "./mysql-tree.ts";
import { serverFolder } from "./server-folder.ts";

export interface MysqlOptions {
  readonly serverId: number;
  /** Default 9.7. */
  readonly version?: MysqlVersion;
  /** More options of `mysqld`, the last word: `--read-only=ON`. */
  readonly extra?: readonly string[];
}

/** Starts a server with its own copy of an initialised data folder: binlog ROW, FULL images and metadata, GTIDs, durable. */
export async function startMysql(options: MysqlOptions): Promise<DatabaseServer> {
  const { version = "9.7" } = options;
  const tree = await mysqlTree(version);
  const [folder, port] = [await serverFolder(tree.template, "mysql"), await freePort()];
  const args = [...tree.args, ...argumentsOf(tree, options, folder, port)];
  return startServer({ flavour: "mysql", command: tree.command, args, env: process.env }, folder, port);
}

function argumentsOf(
  tree: MysqlTree,
  { serverId, version, extra = [] }: MysqlOptions,
  folder: string,
  port: number,
): readonly string[] {
  const old = version === "8.0.15";
  return [
    ...mysqlPlaces(tree),
    ...[`--datadir=${join(folder, "data")}`, `--tmpdir=${join(folder, "tmp")}`, "--mysqlx=OFF"],
    ...[`--socket=${join(folder, "s.sock")}`, `--pid-file=${join(folder, "pid")}`],
    ...[`--log-error=${join(folder, "err.log")}`, `--port=${port}`, "--bind-address=127.0.0.1"],
    ...[`--server-id=${serverId}`, "--gtid-mode=ON", "--enforce-gtid-consistency=ON"],
    ...["--log-bin=binlog", old ? "--log-slave-updates=ON" : "--log-replica-updates=ON"],
    ...["--binlog-row-image=FULL", "--binlog-row-metadata=FULL", "--binlog-format=ROW"],
    ...["--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1", "--performance-schema=OFF"],
    ...["--table-open-cache=400", "--max-connections=100", "--event-scheduler=OFF", ...extra],
  ];
}
