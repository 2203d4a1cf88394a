import { file, script, type Command, type NodeFile } from "../../core/command.ts";
import { Secret } from "../../core/secret.ts";
import { namedSecret } from "../secrets.ts";
import type { RecipeScope } from "../spec.ts";
import { FLAVOURS, type Settings } from "./flavour.ts";
import type { MysqlParams, MysqlWired, SentSource } from "./params.ts";
import { INITIALISE, UNPACK } from "./sent-scripts.ts";
import { serverOf, serviceFolder } from "./server.ts";
import { settingsFile } from "./server-config.ts";

type Scope = RecipeScope<MysqlParams, MysqlWired>;

/** The user that all servers which were sent to a node run as. */
export const SENT_USER = "hotsite-mysql";

/** What an archive of the makers leaves to the system, and a client for archives without one. */
export const SENT_PACKAGES = ["libaio1", "libnuma1", "libncurses6", "mariadb-client"];

/** The archive with the server, wrappers around its programs, its unit, settings and certificate. */
export function sentServerFiles(scope: Scope, { archive }: SentSource): readonly NodeFile[] {
  const { service, params, tls } = scope;
  const { unit } = serverOf(scope);
  const folder = serviceFolder(scope);
  const restarts = { restarts: true };
  const { path, hash } = archive.located;
  const programs = [FLAVOURS[params.flavour].server, ...CLIENTS[params.flavour]];
  return [
    settingsFile(scope, placesOf(scope, hash)),
    file(`/opt/hotsite/${service}/archives/${hash}`, { local: path }, restarts),
    ...programs.map((name) =>
      file(`/opt/hotsite/${service}/bin/${name}`, wrapper(scope, name, hash), { mode: 0o755, ...restarts }),
    ),
    file(`/opt/hotsite/${service}/prepare`, prepare(scope), { mode: 0o755, ...restarts }),
    file(`/etc/systemd/system/${unit}.service`, unitText(scope), restarts),
    file(`${folder}/tls/ca.pem`, tls.ca, restarts),
    file(`${folder}/tls/certificate.pem`, tls.certificate, restarts),
    file(`${folder}/tls/key.pem`, tls.key, { mode: 0o400, ...restarts }),
    ...(params.flavour === "mysql" ? rootFiles(scope) : []),
  ];
}

/** Unpacks the server beside older ones and makes its user. */
export function unpackServer({ service, params }: Scope, { archive }: SentSource): Command {
  return script(
    UNPACK,
    `/opt/hotsite/${service}`,
    SENT_USER,
    archive.located.hash,
    FLAVOURS[params.flavour].server,
  );
}

/** Makes the server's own tables where there is no data yet. */
export function initialise(scope: Scope, { archive }: SentSource): Command {
  const { service, params } = scope;
  const { data, program, settings } = serverOf(scope);
  const share = `/opt/hotsite/${service}/${archive.located.hash}/share`;
  const prepared = `/opt/hotsite/${service}/prepare`;
  return script(INITIALISE, params.flavour, data, program, settings, share, prepared, SENT_USER);
}

const CLIENTS = {
  mariadb: ["mariadb", "mariadb-dump", "mariadb-check", "mariadb-upgrade", "mariadb-binlog"],
  mysql: ["mysql", "mysqldump", "mysqlbinlog"],
};

/** Debian's clients of MariaDB speak to MySQL as well. */
const DEBIAN_NAMES: Readonly<Record<string, string>> = {
  mysql: "mariadb",
  mysqldump: "mariadb-dump",
  mysqlbinlog: "mariadb-binlog",
};

function placesOf(scope: Scope, hash: string): Settings {
  const { unit, data, pidFile } = serverOf(scope);
  const tree = `/opt/hotsite/${scope.service}/${hash}`;
  return {
    basedir: tree,
    "plugin-dir": `${tree}/lib/plugin`,
    "lc-messages-dir": `${tree}/share`,
    "character-sets-dir": `${tree}/share/charsets`,
    datadir: data,
    socket: `/run/${unit}/server.sock`,
    "pid-file": pidFile,
    // The folder for files of statements, which its makers compiled in, is none of ours.
    ...(scope.params.flavour === "mysql"
      ? { "init-file": `/run/${unit}/tls/root.sql`, "secure-file-priv": "NULL" }
      : {}),
  };
}

/**
 * Runs a program of the tree with the tree's own loader and libraries, where it brings them. An administrator is who may read
 * the file with the password (MySQL) or is root on the node (MariaDB).
 */
function wrapper(scope: Scope, name: string, hash: string): string {
  const { unit, program } = serverOf(scope);
  const tree = `/opt/hotsite/${scope.service}/${hash}`;
  const isServer = program.endsWith(`/${name}`);
  const login =
    isServer || scope.params.flavour === "mariadb"
      ? ""
      : ` --defaults-file=${serviceFolder(scope)}/client.cnf`;
  return `#!/bin/sh
export MYSQL_UNIX_PORT=/run/${unit}/server.sock
program=${tree}/bin/${name}
[ -x "$program" ] || program=/usr/bin/${DEBIAN_NAMES[name] ?? name}
if [ -x ${tree}/lib/ld-linux-x86-64.so.2 ]; then
  exec ${tree}/lib/ld-linux-x86-64.so.2 --library-path ${tree}/lib --argv0 "$0" "$program"${login} "$@"
fi
exec "$program"${login} "$@"
`;
}

/** Gives the server its own copies of what only root may read; what they are copied from is out of its reach. */
function prepare(scope: Scope): string {
  const { unit } = serverOf(scope);
  const root = scope.params.flavour === "mysql" ? ` ${serviceFolder(scope)}/root.sql` : "";
  return `#!/bin/sh
install -d -m 0750 -o ${SENT_USER} -g ${SENT_USER} /run/${unit}/tls &&
  install -m 0400 -o ${SENT_USER} -g ${SENT_USER} -t /run/${unit}/tls ${serviceFolder(scope)}/tls/*.pem${root}
`;
}

/** The administrator's password is set at each start, before anybody can connect: kept data of an earlier installation has an older one. */
function rootFiles(scope: Scope): readonly NodeFile[] {
  const password = namedSecret(scope.secrets, ROOT_PASSWORD).reveal();
  const { unit } = serverOf(scope);
  const options = `[client]\nuser = root\npassword = "${password}"\nsocket = /run/${unit}/server.sock\n`;
  const statements = `SET sql_log_bin = 0;\nALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';\n`;
  const hidden = { mode: 0o600, restarts: true };
  return [
    file(`${serviceFolder(scope)}/client.cnf`, new Secret(options), hidden),
    file(`${serviceFolder(scope)}/root.sql`, new Secret(statements), hidden),
  ];
}

/** The secret of MySQL's administrator. Generated, so that it needs no quoting. */
export const ROOT_PASSWORD = "root";

function unitText(scope: Scope): string {
  const { unit, program, client, settings } = serverOf(scope);
  return `[Unit]
Description=Hotsite: database server ${scope.service}
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
User=${SENT_USER}
ExecStartPre=+/opt/hotsite/${scope.service}/prepare
ExecStart=${program} --defaults-file=${settings}
# Started means that it answers.
ExecStartPost=+/bin/sh -c 'until ${client} --execute "SELECT 1" >/dev/null 2>&1; do kill -0 $$MAINPID || exit 1; sleep 0.2; done'
RuntimeDirectory=${unit}
StateDirectory=${unit}
StateDirectoryMode=0750
Restart=always
RestartSec=1
# An upgrade or a recovery of much data takes its time.
TimeoutStartSec=900
TimeoutStopSec=300
LimitNOFILE=65536
OOMScoreAdjust=-600
NoNewPrivileges=true
ProtectSystem=full
ProtectHome=true
PrivateTmp=true

[Install]
WantedBy=multi-user.target
`;
}
