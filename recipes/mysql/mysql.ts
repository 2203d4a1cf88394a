import { command, feed, script } from "../../core/command.ts";
import type { Endpoint } from "../../core/driver.ts";
import type { Ref, Service } from "../../core/recipe.ts";
import { secret } from "../../core/secret.ts";
import { REMOVE_COMMON } from "../common.ts";
import { check } from "../checks.ts";
import { defineRecipe } from "../define.ts";
import { lastLines, systemd } from "../systemd.ts";
import type { CommonParams, RecipeScope } from "../spec.ts";
import { REPLICATION_USERS } from "./accounts.ts";
import { jdbcFaults, jdbcLabel, JdbcRef, jdbcRef, type JdbcOptions } from "./jdbc.ts";
import { mysqlParams, mysqlWired, type MysqlInput, type MysqlParams, type MysqlWired } from "./params.ts";
import { isProvisioned, provision, seedFiles, serviceFolder, sqlCommand } from "./provision.ts";
import { roleAgentFiles, ROLE_UNIT } from "./role-agent.ts";
import { serverFiles, startsReadOnly } from "./server-config.ts";

/** A database whose names are known to the type checker. */
export type MysqlService<D extends string, U extends string> = Service<MysqlParams> & {
  /** Where the server listens. */
  readonly sql: Ref<Endpoint>;
  /** How a Java application reaches one of the databases as one of the users, over verified TLS. */
  jdbc(database: D, user: U, options?: JdbcOptions): JdbcRef;
};

/** A MariaDB server per site: TLS, users, databases with seeds, and a binlog that another site can follow. */
export function mysql<const I extends MysqlInput & CommonParams<MysqlParams>>(
  name: string,
  params: I,
): MysqlService<Names<I["databases"]>, Names<I["users"]>> {
  return mysqlRecipe(name, params);
}

type Names<T> = Extract<keyof NonNullable<T>, string>;

/** The recipe behind `mysql`. */
export const mysqlRecipe = defineRecipe("mysql", {
  params: mysqlParams,
  wired: mysqlWired,
  packages: ["mariadb-server", "mariadb-client", "curl", "ca-certificates"],
  files: (scope) => [...serverFiles(scope), ...roleAgentFiles(scope), ...seedFiles(scope)],
  service: unitsOf,
  hooks: (scope) => ({
    beforeStart: [script(STOP_IF_OUTDATED)],
    afterStart: provision(scope),
    afterUninstall: [script(REMOVE, serviceFolder(scope), ...Object.keys(scope.params.databases))],
  }),
  ready: (scope) =>
    check(script(READY, startsReadOnly(scope) && scope.node.role !== "primary" ? "1" : "0"), {
      explain: lastLines("mariadb"),
    }),
  alive: (scope) => isProvisioned(scope, unitsOf(scope).alive),
  secrets: () => Object.fromEntries(Object.keys(REPLICATION_USERS).map((name) => [name, secret.generated()])),
  endpoints: (ref, params, refuse) => ({
    sql: ref("sql", ({ node, params: { port } }): Endpoint => ({ host: node.address, port })),
    jdbc: (database: string, user: string, options?: JdbcOptions): JdbcRef => {
      const faults = jdbcFaults(params, database, user, options);
      if (faults.length === 0) return jdbcRef(ref, database, user, options);
      return new JdbcRef(refuse(jdbcLabel(database, user), faults));
    },
  }),
  commands: {
    sql: { summary: "run an SQL statement", run: (_context, args) => sqlCommand(args) },
    processes: {
      summary: "list what the server is doing",
      run: () => feed("SHOW FULL PROCESSLIST", "mariadb", "--table"),
    },
    dump: {
      summary: "print a database as SQL, consistent, without locking it",
      run: (_context, [database = "--all-databases"]) =>
        command("mariadb-dump", "--single-transaction", "--routines", "--triggers", database),
    },
  },
  metrics: {
    connections: { unit: "connections", summary: "open connections", run: () => status("Threads_connected") },
    running: {
      unit: "statements",
      summary: "statements being executed",
      run: () => status("Threads_running"),
    },
    statements: { unit: "statements", summary: "statements since the start", run: () => status("Questions") },
  },
});

function unitsOf({ wired }: RecipeScope<MysqlParams, MysqlWired>): ReturnType<typeof systemd> {
  return wired.witness === undefined ? systemd("mariadb") : systemd("mariadb", ROLE_UNIT);
}

function status(variable: string): ReturnType<typeof feed> {
  const sql = `SELECT variable_value FROM information_schema.global_status WHERE variable_name = '${variable}'`;
  return feed(sql, "mariadb", "--batch", "--skip-column-names");
}

// A server that was started before its settings were written would keep its old ones.
const STOP_IF_OUTDATED = `
if [ /etc/mysql/mariadb.conf.d/90-hotsite.cnf -nt /run/mysqld/mysqld.pid ]; then systemctl stop mariadb; fi`;

const READY = `
state=$(mariadb --batch --skip-column-names --execute "SELECT @@GLOBAL.read_only")
[ "$1" != 0 ] || [ "$state" = 0 ] || { echo "the database is read-only: no witness has said that this site may write" >&2; exit 1; }
[ -n "$state" ]`;

// Data that is not ours is not ours to remove: that of a server that was there before, or in a database that the config does not name.
const REMOVE = `
folder=$1; shift
rm -rf "$folder" /etc/mysql/hotsite /etc/systemd/system/mariadb.service.d /var/lib/hotsite-role
${REMOVE_COMMON}
if ! grep -qx mariadb-server /var/lib/hotsite/.packages/new 2>/dev/null; then
  echo "kept /var/lib/mysql: the server was there before"
  exit 0
fi
for entry in /var/lib/mysql/*/; do
  name=$(basename "$entry")
  case " mysql performance_schema sys test hotsite * $* " in
    *" $name "*) ;;
    *) echo "kept /var/lib/mysql: it holds $name, which is not of this service"; exit 0 ;;
  esac
done
rm -rf /var/lib/mysql`;
