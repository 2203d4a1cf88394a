import { Secret } from "../../core/secret.ts";
import { namedSecret, secretOf } from "../secrets.ts";
import type { RecipeScope } from "../spec.ts";
import { concat } from "../text.ts";
import type { MysqlParams, MysqlWired } from "./params.ts";

/** The users of the replication and of drills, by the name of the secret that is their password. */
export const REPLICATION_USERS = {
  feeder: "hotsite_feeder",
  applier: "hotsite_applier",
  drill: "hotsite_drill",
} as const;

/** SQL that brings the users to what the config says. Each site's server manages its own, so it stays out of the binlog. Repeatable. */
export function accountsSql(scope: RecipeScope<MysqlParams, MysqlWired>): string | Secret {
  return concat([
    "SET SESSION sql_log_bin = 0, sql_mode = 'STRICT_TRANS_TABLES';\n",
    ...applicationUsers(scope),
    ...replicationUsers(scope),
  ]);
}

function applicationUsers(scope: RecipeScope<MysqlParams, MysqlWired>): readonly (string | Secret)[] {
  return Object.entries(scope.params.users).flatMap(([name, { password, grants, requireTls }]) => [
    ...userSql(name, secretOf(scope, password), requireTls),
    // What is no longer granted must go.
    `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${account(name)};\n`,
    ...Object.entries(grants).map(
      ([database, privileges]) =>
        `GRANT ${privileges === "ALL" ? "ALL PRIVILEGES" : privileges.join(", ")} ON ${grantTarget(database)}.* TO ${account(name)};\n`,
    ),
  ]);
}

function replicationUsers({
  wired,
  secrets,
}: RecipeScope<MysqlParams, MysqlWired>): readonly (string | Secret)[] {
  if (wired.replication === undefined) return [];
  return [
    ...Object.entries(REPLICATION_USERS).flatMap(([secret, name]) =>
      userSql(name, namedSecret(secrets, secret), true),
    ),
    `GRANT SELECT, INSERT ON hotsite.* TO ${account(REPLICATION_USERS.drill)};\n`,
    ...wired.replication.grants.map((grant) => `${grant.replace(/;?\s*$/, "")};\n`),
  ];
}

function userSql(name: string, password: Secret, requireTls: boolean): readonly (string | Secret)[] {
  const identified = [" IDENTIFIED BY ", literal(password), ` REQUIRE ${requireTls ? "SSL" : "NONE"};\n`];
  return [
    `CREATE USER IF NOT EXISTS ${account(name)}`,
    ...identified,
    `ALTER USER ${account(name)}`,
    ...identified,
  ];
}

function account(name: string): string {
  return `'${name}'@'%'`;
}

/** In a GRANT, `_` of a database's name stands for any character unless it is escaped. */
function grantTarget(database: string): string {
  return `\`${database.replaceAll("_", String.raw`\_`)}\``;
}

/** As SQL; the mode set for these statements is one in which a backslash escapes. */
function literal(password: Secret): Secret {
  return new Secret(`'${password.reveal().replaceAll(/['\\]/g, String.raw`\$&`)}'`);
}
