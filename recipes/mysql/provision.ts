import { createHash } from "node:crypto";
import { basename } from "node:path";
import { all, command, feed, file, script, type Command, type NodeFile } from "../../core/command.ts";
import type { RecipeScope } from "../spec.ts";
import { concat, reveal } from "../text.ts";
import { accountsSql } from "./accounts.ts";
import type { MysqlParams, MysqlWired } from "./params.ts";
import { SEED } from "./seed-script.ts";
import { serverOf, serviceFolder, type ServerOf } from "./server.ts";

type Scope = RecipeScope<MysqlParams, MysqlWired>;

/** What a running server still needs: schema, users, and on the first primary databases with their seeds. Repeatable. */
export function provision(scope: Scope): readonly Command[] {
  const sql = provisionSql(scope);
  return [
    feed(sql, serverOf(scope).client, "--batch"),
    ...(scope.node.role === "primary" ? seeds(scope) : []),
    script(REMEMBER, provisioned(scope), digest(sql)),
  ];
}

/** Running, and provisioned with what is wanted now. */
export function isProvisioned(scope: Scope, active: Command): Command {
  const same = script(
    '[ "$(cat "$1" 2>/dev/null)" = "$2" ]',
    provisioned(scope),
    digest(provisionSql(scope)),
  );
  return all(active, same);
}

/** The seed files, sent where they are run. */
export function seedFiles(scope: Scope): readonly NodeFile[] {
  if (scope.node.role !== "primary") return [];
  return Object.entries(scope.params.databases).flatMap(([database, { seed }]) =>
    seed.map(({ located }, index) =>
      file(seedPath(scope, database, index, located.path), { local: located.path }, { mode: 0o600 }),
    ),
  );
}

function seeds(scope: Scope): readonly Command[] {
  return Object.entries(scope.params.databases).map(([database, { seed }]) =>
    script(
      SEED,
      serverOf(scope).client,
      database,
      ...seed.map(({ located }, index) => seedPath(scope, database, index, located.path)),
    ),
  );
}

function seedPath(scope: Scope, database: string, index: number, path: string): string {
  return `${serviceFolder(scope)}/seed/${database}/${String(index + 1).padStart(2, "0")}-${basename(path)}`;
}

function provisionSql(scope: Scope): ReturnType<typeof concat> {
  return concat([OWN_SCHEMA, scope.wired.replication?.schema ?? "", accountsSql(scope)]);
}

function provisioned(scope: Scope): string {
  return `${serviceFolder(scope)}/provisioned`;
}

/** Tells two texts apart without giving them away. */
function digest(sql: ReturnType<typeof concat>): string {
  return createHash("sha256").update(reveal(sql)).digest("hex");
}

// Which databases were filled here is this server's own affair.
const OWN_SCHEMA = `SET SESSION sql_log_bin = 0;
CREATE DATABASE IF NOT EXISTS hotsite CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS hotsite.seed (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  state ENUM('started', 'done') NOT NULL
) ENGINE=InnoDB COMMENT='databases that were created and filled on this server';
`;

const REMEMBER = `umask 077; mkdir -p "$(dirname "$1")" && printf '%s\\n' "$2" >"$1"`;

/** Statements of a person, through the server's own client. */
export function sqlCommand(of: ServerOf, args: readonly string[]): Command {
  const { client } = serverOf(of);
  return args.length === 0 ? command(client, "--version") : feed(args.join(" "), client, "--table");
}
