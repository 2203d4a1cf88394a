import { join } from "node:path";
import { startServer, type DatabaseServer } from "./database-server.ts";
import { freePort } from "./free-port.ts";
import { mariadbTree, type MariadbTree, type MariadbVersion } from "./mariadb-tree.ts";
import { serverFolder, serverUser } from "./server-folder.ts";

export type MariadbServer = DatabaseServer;

export interface MariadbOptions {
  readonly serverId: number;
  /** The GTID domain of the server's own writes. */
  readonly domain: number;
  /** Default: the one that this machine has, or its Debian offers. */
  readonly version?: MariadbVersion;
  /** More options of `mariadbd`, the last word: `--read-only=1`. */
  readonly extra?: readonly string[];
}

/** Starts a server with its own copy of an initialised data folder: binlog ROW, FULL images and metadata, strict GTIDs, durable. */
export async function startMariadb(options: MariadbOptions): Promise<MariadbServer> {
  const tree = await mariadbTree(options.version);
  const [folder, port] = [await serverFolder(tree.template, "mariadb"), await freePort()];
  const args = [...tree.args, ...argumentsOf(tree, options, folder, port)];
  return startServer({ flavour: "mariadb", command: tree.server, args, env: tree.env }, folder, port);
}

function argumentsOf(
  { share, plugins }: MariadbTree,
  { serverId, domain, extra = [] }: MariadbOptions,
  folder: string,
  port: number,
): readonly string[] {
  return [
    ...["--no-defaults", `--datadir=${join(folder, "data")}`, `--tmpdir=${join(folder, "tmp")}`],
    ...[`--lc-messages-dir=${share}`, `--character-sets-dir=${join(share, "charsets")}`],
    ...[`--plugin-dir=${plugins}`, `--socket=${join(folder, "s.sock")}`, `--pid-file=${join(folder, "pid")}`],
    ...[`--log-error=${join(folder, "err.log")}`, `--port=${port}`, "--bind-address=127.0.0.1"],
    ...[`--server-id=${serverId}`, `--gtid-domain-id=${domain}`, "--gtid-strict-mode=ON"],
    "--log-bin-trust-function-creators=ON",
    ...["--log-bin=binlog", "--log-slave-updates=ON", "--binlog-format=ROW", "--binlog-row-image=FULL"],
    ...["--binlog-row-metadata=FULL", "--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1"],
    ...["--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M", "--performance-schema=OFF"],
    ...["--skip-slave-start=ON", "--character-set-server=utf8mb4", ...serverUser, ...extra],
  ];
}
