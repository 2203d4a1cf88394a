import { file, type NodeFile } from "../../core/command.ts";
import type { RecipeScope } from "../spec.ts";
import type { MysqlParams, MysqlWired } from "./params.ts";

const TLS_FOLDER = "/etc/mysql/hotsite";

/** The server's settings and its certificate; a change of any restarts it. */
export function serverFiles(scope: RecipeScope<MysqlParams, MysqlWired>): readonly NodeFile[] {
  const { tls } = scope;
  const own = { owner: "mysql", group: "mysql", restarts: true };
  return [
    // After Debian's own files, so that these values win.
    file("/etc/mysql/mariadb.conf.d/90-hotsite.cnf", serverConfig(scope), { restarts: true }),
    file("/etc/systemd/system/mariadb.service.d/hotsite.conf", RESTART_ALWAYS),
    file(`${TLS_FOLDER}/ca.pem`, tls.ca, own),
    file(`${TLS_FOLDER}/certificate.pem`, tls.certificate, own),
    file(`${TLS_FOLDER}/key.pem`, tls.key, { ...own, mode: 0o400 }),
  ];
}

function serverConfig(scope: RecipeScope<MysqlParams, MysqlWired>): string {
  const { params, node, wired } = scope;
  const settings = {
    "bind-address": `${node.address},127.0.0.1`,
    port: params.port,
    "skip-name-resolve": "ON",
    "max-connections": params.maxConnections,
    "innodb-buffer-pool-size": `${Math.floor(params.memory / 2)}M`,
    "innodb-log-file-size": `${Math.max(16, Math.floor(params.memory / 8))}M`,
    "performance-schema": "OFF",
    "character-set-server": "utf8mb4",
    "collation-server": "utf8mb4_unicode_ci",
    ...params.settings,
    "read-only": startsReadOnly(scope) ? "ON" : "OFF",
    "server-id": wired.identity.serverId,
    "gtid-domain-id": wired.identity.domain,
    ...REPLICATION,
    "expire-logs-days": params.binlogDays,
    "ssl-ca": `${TLS_FOLDER}/ca.pem`,
    "ssl-cert": `${TLS_FOLDER}/certificate.pem`,
    "ssl-key": `${TLS_FOLDER}/key.pem`,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return `# Written by Hotsite; settings go into the config's mysql(…).\n[mariadb]\n${lines.join("\n")}\n`;
}

/** With a witness no database starts writable; without one only a standby has a reason to be read-only. */
export function startsReadOnly({ wired, node }: RecipeScope<MysqlParams, MysqlWired>): boolean {
  return wired.witness !== undefined || node.role !== "primary";
}

const REPLICATION = {
  "log-bin": "binlog",
  "log-slave-updates": "ON",
  "gtid-strict-mode": "ON",
  "binlog-format": "ROW",
  "binlog-row-image": "FULL",
  "binlog-row-metadata": "FULL",
  // What was acknowledged survives a power cut, in the binlog and in the tables.
  "sync-binlog": 1,
  "innodb-flush-log-at-trx-commit": 1,
  // Events would run on the standby as well, and arrive from the primary besides.
  "event-scheduler": "OFF",
  // Triggers and functions of the application are created by users without SUPER.
  "log-bin-trust-function-creators": "ON",
};

// Debian restarts it only on some ways to die, and after 5 s.
const RESTART_ALWAYS = `[Service]
Restart=always
RestartSec=1
`;
