import { startMariadb } from "../../test/support/mariadb.ts";
import { account } from "./accounts.ts";
import type { Flavour } from "./flavour.ts";

const settings = ["--innodb-buffer-pool-size=128M", "--innodb-log-file-size=128M"];

export const mariadb: Flavour = {
  name: "mariadb",

  async version(server) {
    const [row] = await server.query("SELECT VERSION() AS version");
    return `MariaDB ${String(row?.["version"]).replace(/-.*/, "")}`;
  },

  start: (serverId) => startMariadb({ serverId, domain: serverId, extra: settings }),

  async place(server) {
    const [row] = await server.query("SHOW MASTER STATUS");
    const [position] = await server.query("SELECT @@GLOBAL.gtid_binlog_pos AS gtid");
    return {
      gtid: String(position?.["gtid"]),
      file: String(row?.["File"]),
      offset: Number(row?.["Position"]),
    };
  },

  async binlogBytes(server) {
    const files = await server.query("SHOW BINARY LOGS");
    return files.reduce((sum, file) => sum + Number(file["File_size"]), 0);
  },

  careless: ["SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 0"],
  durable: ["SET GLOBAL sync_binlog = 1, GLOBAL innodb_flush_log_at_trx_commit = 1"],

  follow: (source, from, workers) => [
    `SET GLOBAL slave_parallel_threads = ${workers === 1 ? 0 : workers}, GLOBAL slave_parallel_mode = 'optimistic'`,
    `SET GLOBAL gtid_slave_pos = '${from.gtid}'`,
    `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${source.port}, MASTER_USER = '${account.user}',
       MASTER_PASSWORD = '${account.password}', MASTER_USE_GTID = slave_pos`,
  ],

  startReplica: "START SLAVE",

  async replicaProblem(target) {
    const [row] = await target.query("SHOW SLAVE STATUS");
    const problem = [row?.["Last_IO_Error"], row?.["Last_SQL_Error"]]
      .filter((text) => text !== "")
      .join("; ");
    return problem === "" ? undefined : problem;
  },

  debeziumSource: {
    "connector.class": "io.debezium.connector.mariadb.MariaDbConnector",
    "database.ssl.mode": "disable",
  },

  jdbcUrl: (port, database) =>
    `jdbc:mariadb://127.0.0.1:${port}/${database}?rewriteBatchedStatements=true&useBulkStmts=true`,

  dumpCommand: (source, target, database) =>
    Promise.resolve(
      `mariadb-dump --no-defaults --socket=${source.socket} --user=root --single-transaction ${database} | ` +
        `mariadb --no-defaults --socket=${target.socket} --user=root ${database}`,
    ),
};
