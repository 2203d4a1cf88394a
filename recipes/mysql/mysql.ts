import { command, feed, script, type Command, type NodeFile } from "../../core/command.ts";
import type { Endpoint } from "../../core/driver.ts";
import type { Ref, Service } from "../../core/recipe.ts";
import { secret } from "../../core/secret.ts";
import { check } from "../checks.ts";
import { defineRecipe } from "../define.ts";
import { lastLines, systemd } from "../systemd.ts";
import type { CommonParams, RecipeScope } from "../spec.ts";
import { REPLICATION_USERS } from "./accounts.ts";
import { jdbcFaults, jdbcLabel, JdbcRef, jdbcRef, type JdbcOptions } from "./jdbc.ts";
import { mysqlParams, mysqlWired, type MysqlInput, type MysqlParams, type MysqlWired } from "./params.ts";
import { eraseData, guardData, keptData, markData, removeServer } from "./data.ts";
import { nodeServerFiles } from "./node-server.ts";
import { isProvisioned, provision, seedFiles, sqlCommand } from "./provision.ts";
import { roleAgentFiles, ROLE_UNIT } from "./role-agent.ts";
import { initialise, ROOT_PASSWORD, SENT_PACKAGES, sentServerFiles, unpackServer } from "./sent-server.ts";
import { serverOf, type ServerOf } from "./server.ts";
import { sizeToNode, startsReadOnly } from "./server-config.ts";

/** A database whose names are known to the type checker. */
export type MysqlService<D extends string, U extends string> = Service<MysqlParams> & {
  /** Where the server listens. */
  readonly sql: Ref<Endpoint>;
  /** How a Java application reaches one of the databases as one of the users, over verified TLS. */
  jdbc(database: D, user: U, options?: JdbcOptions): JdbcRef;
};

/** A MariaDB or MySQL server per site: TLS, users, databases with seeds, and a binlog that another site can follow. */
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
  packages: ({ params }) => packagesOf(params),
  files: (scope) => [...serverFiles(scope), ...roleAgentFiles(scope), ...seedFiles(scope)],
  service: unitsOf,
  hooks: (scope) => ({
    afterInstall: [...unpacked(scope), guardData(scope)],
    afterConfigure: [...sizeToNode(scope), ...initialised(scope)],
    beforeStart: [stopIfOutdated(scope)],
    afterStart: [markData(scope), ...provision(scope)],
    afterUninstall: [removeServer(scope)],
  }),
  keeps: keptData,
  erase: (scope) => [eraseData(scope)],
  ready: (scope) => {
    const { client, unit } = serverOf(scope);
    const mustWrite = startsReadOnly(scope) && scope.node.role !== "primary" ? "1" : "0";
    return check(script(READY, client, mustWrite), { explain: lastLines(unit) });
  },
  alive: (scope) => isProvisioned(scope, unitsOf(scope).alive),
  secrets: ({ flavour }) =>
    Object.fromEntries(
      [...Object.keys(REPLICATION_USERS), ...(flavour === "mysql" ? [ROOT_PASSWORD] : [])].map((name) => [
        name,
        secret.generated(),
      ]),
    ),
  endpoints: (ref, params, refuse) => ({
    sql: ref("sql", ({ node, params: { port } }): Endpoint => ({ host: node.address, port })),
    jdbc: (database: string, user: string, options?: JdbcOptions): JdbcRef => {
      const faults = jdbcFaults(params, database, user, options);
      if (faults.length === 0) return jdbcRef(ref, database, user, options);
      return new JdbcRef(refuse(jdbcLabel(database, user), faults));
    },
  }),
  commands: {
    sql: { summary: "run an SQL statement", run: sqlCommand },
    processes: {
      summary: "list what the server is doing",
      run: (context) => feed("SHOW FULL PROCESSLIST", serverOf(context).client, "--table"),
    },
    dump: {
      summary: "print a database as SQL, consistent, without locking it",
      run: (context, [database = "--all-databases"]) =>
        command(serverOf(context).dump, "--single-transaction", "--routines", "--triggers", database),
    },
  },
  metrics: {
    connections: {
      unit: "connections",
      summary: "open connections",
      run: (context) => status(context, "Threads_connected"),
    },
    running: {
      unit: "statements",
      summary: "statements being executed",
      run: (context) => status(context, "Threads_running"),
    },
    statements: {
      unit: "statements",
      summary: "statements since the start",
      run: (context) => status(context, "Questions"),
    },
  },
});

type Scope = RecipeScope<MysqlParams, MysqlWired>;

function packagesOf({ source }: MysqlParams): readonly string[] {
  const tools = ["curl", "ca-certificates"];
  if (source.kind === "node") return ["mariadb-server", "mariadb-client", ...tools];
  return source.complete ? tools : [...SENT_PACKAGES, ...tools];
}

function serverFiles(scope: Scope): readonly NodeFile[] {
  const { source } = scope.params;
  return source.kind === "node" ? nodeServerFiles(scope) : sentServerFiles(scope, source);
}

function unpacked(scope: Scope): readonly Command[] {
  const { source } = scope.params;
  return source.kind === "node" ? [] : [unpackServer(scope, source)];
}

/** Debian's package does it by itself. */
function initialised(scope: Scope): readonly Command[] {
  const { source } = scope.params;
  return source.kind === "node" ? [] : [initialise(scope, source)];
}

function unitsOf(scope: Scope): ReturnType<typeof systemd> {
  const { unit } = serverOf(scope);
  return scope.wired.witness === undefined ? systemd(unit) : systemd(unit, ROLE_UNIT);
}

function status(of: ServerOf, variable: string): Command {
  return script(STATUS, serverOf(of).client, variable);
}

function stopIfOutdated(scope: Scope): Command {
  const { settings, pidFile, unit } = serverOf(scope);
  return script(STOP_IF_OUTDATED, settings, pidFile, unit);
}

const STATUS = `row=$("$1" --batch --skip-column-names --execute "SHOW GLOBAL STATUS LIKE '$2'") || exit 1
echo "$row" | cut -f 2`;

// A server that was started before its settings were written would keep its old ones.
const STOP_IF_OUTDATED = 'if [ "$1" -nt "$2" ]; then systemctl stop "$3"; fi';

const READY = `
state=$("$1" --batch --skip-column-names --execute "SELECT @@GLOBAL.read_only")
[ "$2" != 0 ] || [ "$state" = 0 ] || { echo "the database is read-only: no witness has said that this site may write" >&2; exit 1; }
[ -n "$state" ]`;
