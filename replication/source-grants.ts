import type { Fault } from "../core/errors.ts";
import { isAtLeast, versionOf, type Flavour, type ServerVersion } from "./flavour.ts";
import { quoteString } from "./literal.ts";
import type { Source } from "./source.ts";
import { grantTarget } from "./target-grants.ts";

/** Triggers and events are looked for: what the user may not see would be lost without a word. */
const perDatabase = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"];
const ownTables = ["SELECT", "INSERT", "UPDATE"];

interface Grant {
  readonly privileges: readonly string[];
  /** What a GRANT names, and how `heldPrivileges` does: `*`, a database, a table. */
  readonly on: string;
  readonly held: string;
}

/** The least that the feeder's user needs on the source. `user` is quoted SQL: `'hotsite_feeder'@'%'`. */
export function feederGrants(
  server: ServerVersion,
  user: string,
  databases: readonly string[],
): readonly string[] {
  return neededGrants(server, databases).map(
    ({ privileges, on }) => `GRANT ${privileges.join(", ")} ON ${on} TO ${user}`,
  );
}

/** The same on any version: an older server takes the privilege that it does not have for a comment. */
export function feederGrantsOn(
  flavour: Flavour,
  user: string,
  databases: readonly string[],
): readonly string[] {
  if (flavour === "mariadb") return feederGrants(versionOf("MariaDB"), user, databases);
  const [, ...rest] = feederGrants(versionOf("8.0.20"), user, databases);
  return [`GRANT ${mysqlEverywhere.join(", ")} /*!80020 , SHOW_ROUTINE */ ON *.* TO ${user}`, ...rest];
}

const mysqlEverywhere = ["REPLICATION SLAVE", "REPLICATION CLIENT", "XA_RECOVER_ADMIN"];

/** Without the one for routines, those of others are invisible. */
function neededGrants(server: ServerVersion, databases: readonly string[]): readonly Grant[] {
  const everywhere = (...privileges: string[]): Grant => ({ privileges, on: "*.*", held: "*" });
  const common = [
    { privileges: ownTables, on: "hotsite.*", held: "hotsite" },
    ...databases.map((name) => ({ privileges: perDatabase, on: `${grantTarget(name)}.*`, held: name })),
  ];
  if (server.flavour === "mysql")
    return [
      everywhere(...mysqlEverywhere, isAtLeast(server, 8, 0, 20) ? "SHOW_ROUTINE" : "SELECT"),
      ...common,
    ];
  const routines = { privileges: ["SELECT"], on: "mysql.proc", held: "mysql.proc" };
  return [everywhere("REPLICATION SLAVE", "BINLOG MONITOR"), routines, ...common];
}

/** What the user that asks may not do, with the GRANT that mends it. */
export async function privilegeFaults(
  source: Source,
  databases: readonly string[],
): Promise<readonly Fault[]> {
  const [account] = await source.rows<{ user: string }>("SELECT CURRENT_USER() AS user");
  const held = await heldPrivileges(source);
  const user = quotedUser(account?.user ?? "");
  return neededGrants(source.version, databases).flatMap(({ privileges, on, held: where }) => {
    const missing = privileges.filter(
      (privilege) => !held.has(`${privilege} *`) && !held.has(`${privilege} ${where}`),
    );
    if (missing.length === 0) return [];
    return [
      {
        path: `source: privileges of ${user}`,
        problem: `${missing.join(", ")} on ${on} missing`,
        remedy: `GRANT ${missing.join(", ")} ON ${on} TO ${user}`,
      },
    ];
  });
}

/** `SELECT *` is held everywhere, `SELECT shop` in one database, `SELECT mysql.proc` on one table. */
async function heldPrivileges(source: Source): Promise<ReadonlySet<string>> {
  const mine = `(GRANTEE = CONCAT("'", REPLACE(CURRENT_USER(), "@", "'@'"), "'") OR ${byRole[source.version.flavour]})`;
  const rows = await source.rows<{ privilege: string; place: string }>(
    `SELECT PRIVILEGE_TYPE AS privilege, '*' AS place FROM information_schema.USER_PRIVILEGES WHERE ${mine}
     UNION ALL SELECT PRIVILEGE_TYPE, REPLACE(TABLE_SCHEMA, '\\\\', '') FROM information_schema.SCHEMA_PRIVILEGES WHERE ${mine}
     UNION ALL SELECT PRIVILEGE_TYPE, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLE_PRIVILEGES WHERE ${mine}
     UNION ALL SELECT PRIVILEGE_TYPE, 'mysql.proc' FROM information_schema.SCHEMA_PRIVILEGES WHERE TABLE_SCHEMA = 'mysql' AND ${mine}`,
  );
  return new Set(rows.map(({ privilege, place }) => `${privilege} ${place}`));
}

/** What a role gives is listed under the role's name. */
const byRole: Readonly<Record<Flavour, string>> = {
  mariadb: `GRANTEE IN (CONCAT("'", CURRENT_ROLE(), "'@''"), CURRENT_ROLE())`,
  mysql: 'FIND_IN_SET(GRANTEE, REPLACE(CURRENT_ROLE(), "`", "\'"))',
};

function quotedUser(account: string): string {
  const at = account.lastIndexOf("@");
  return `${quoteString(account.slice(0, at))}@${quoteString(account.slice(at + 1))}`;
}
