import { join } from "node:path";
import { startMysql } from "../../test/support/mysql.ts";
import { mysqlTree } from "../../test/support/mysql-tree.ts";
import { account } from "./accounts.ts";
import type { Flavour } from "./flavour.ts";

/** The performance schema is on where nobody has turned it off. `local_infile` is on as in the recipe. */
const settings = [
  ...["--innodb-buffer-pool-size=128M", "--innodb-redo-log-capacity=128M", "--performance-schema=ON"],
  "--local-infile=ON",
  "--tls-version=",
];

export const mysql: Flavour = {
  name: "mysql",

  async version(server) {
    const [row] = await server.query("SELECT VERSION() AS version");
    return `MySQL ${String(row?.["version"]).replace(/-.*/, "")}`;
  },

  start: (serverId) => startMysql({ serverId, extra: settings }),

  async place(server) {
    const [row] = await server.query("SHOW BINARY LOG STATUS");
    const gtid = String(row?.["Executed_Gtid_Set"]).replaceAll("\n", "");
    return { gtid, file: String(row?.["File"]), offset: Number(row?.["Position"]) };
  },

  async binlogBytes(server) {
    const files = await server.query("SHOW BINARY LOGS");
    return files.reduce((sum, file) => sum + Number(file["File_size"]), 0);
  },

  careless: ["SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 0"],
  durable: ["SET GLOBAL sync_binlog = 1, GLOBAL innodb_flush_log_at_trx_commit = 1"],

  follow: (source, from, workers) => [
    `SET GLOBAL replica_parallel_workers = ${workers}, GLOBAL replica_preserve_commit_order = ON`,
    `SET GLOBAL gtid_purged = '${from.gtid}'`,
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${source.port}, SOURCE_USER = '${account.user}',
       SOURCE_PASSWORD = '${account.password}', SOURCE_AUTO_POSITION = 1, SOURCE_SSL = 0, GET_SOURCE_PUBLIC_KEY = 1`,
  ],

  startReplica: "START REPLICA",

  async replicaProblem(target) {
    const [row] = await target.query("SHOW REPLICA STATUS");
    const problem = [row?.["Last_IO_Error"], row?.["Last_SQL_Error"]]
      .filter((text) => text !== "")
      .join("; ");
    return problem === "" ? undefined : problem;
  },

  debeziumSource: {
    "connector.class": "io.debezium.connector.mysql.MySqlConnector",
    "database.ssl.mode": "disabled",
    "driver.allowPublicKeyRetrieval": "true",
  },

  jdbcUrl: (port, database) =>
    `jdbc:mysql://127.0.0.1:${port}/${database}?rewriteBatchedStatements=true&sslMode=DISABLED&allowPublicKeyRetrieval=true`,

  async dumpCommand(source, target, database) {
    const { args, command, folder } = await mysqlTree("9.7");
    // The tree's own loader runs its programs, as it runs the server.
    const program = (name: string): string => {
      const path = join(folder, "bin", name);
      const library = args.slice(0, 2);
      return args.length === 0 ? path : [command, ...library, "--argv0", path, path].join(" ");
    };
    return (
      `${program("mysqldump")} --no-defaults --socket=${source.socket} --user=root --single-transaction ` +
      `--set-gtid-purged=OFF ${database} | ` +
      `${program("mysql")} --no-defaults --socket=${target.socket} --user=root ${database}`
    );
  },
};
