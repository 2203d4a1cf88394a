import type { Fault } from "../core/errors.ts";
import { quoteName, quoteString } from "./literal.ts";
import type { Source } from "./source.ts";

const everywhere = ["REPLICATION SLAVE", "BINLOG MONITOR"];
/** Triggers and events are looked for: what the user may not see would be lost without a word. */
const perDatabase = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"];

/** The least that the feeder's user needs on the source. `user` is quoted SQL: `'hotsite_feeder'@'%'`. */
export function feederGrants(user: string, databases: readonly string[]): readonly string[] {
  return [
    `GRANT ${everywhere.join(", ")} ON *.* TO ${user}`,
    // Without it routines of others are invisible.
    `GRANT SELECT ON mysql.proc TO ${user}`,
    `GRANT SELECT, INSERT, UPDATE ON hotsite.* TO ${user}`,
    ...databases.map((name) => `GRANT ${perDatabase.join(", ")} ON ${grantTarget(name)}.* TO ${user}`),
  ];
}

/** What the user that asks may not do, with the GRANT that mends it. */
export async function privilegeFaults(
  source: Source,
  databases: readonly string[],
): Promise<readonly Fault[]> {
  const [account] = await source.rows<{ user: string }>("SELECT CURRENT_USER() AS user");
  const held = await heldPrivileges(source);
  const user = quotedUser(account?.user ?? "");
  const missing = (wanted: readonly string[], where: string): readonly string[] =>
    wanted.filter((privilege) => !held.has(`${privilege} *`) && !held.has(`${privilege} ${where}`));
  const fault = (privileges: readonly string[], on: string): readonly Fault[] =>
    privileges.length === 0
      ? []
      : [
          {
            path: `source: privileges of ${user}`,
            problem: `${privileges.join(", ")} on ${on} missing`,
            remedy: `GRANT ${privileges.join(", ")} ON ${on} TO ${user}`,
          },
        ];
  return [
    ...fault(missing(everywhere, "*"), "*.*"),
    ...fault(missing(["SELECT"], "mysql.proc"), "mysql.proc"),
    ...fault(missing(["SELECT", "INSERT", "UPDATE"], "hotsite"), "hotsite.*"),
    ...databases.flatMap((name) => fault(missing(perDatabase, name), `${grantTarget(name)}.*`)),
  ];
}

/** `SELECT *` is held everywhere, `SELECT shop` in one database, `SELECT mysql.proc` on one table. */
async function heldPrivileges(source: Source): Promise<ReadonlySet<string>> {
  // What a role gives is listed under the role's name.
  const mine = `GRANTEE IN (CONCAT("'", REPLACE(CURRENT_USER(), "@", "'@'"), "'"), CONCAT("'", CURRENT_ROLE(), "'@''"), CURRENT_ROLE())`;
  const rows = await source.rows<{ privilege: string; place: string }>(
    `SELECT PRIVILEGE_TYPE AS privilege, '*' AS place FROM information_schema.USER_PRIVILEGES WHERE ${mine}
     UNION ALL SELECT PRIVILEGE_TYPE, REPLACE(TABLE_SCHEMA, '\\\\', '') FROM information_schema.SCHEMA_PRIVILEGES WHERE ${mine}
     UNION ALL SELECT PRIVILEGE_TYPE, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLE_PRIVILEGES WHERE ${mine}
     UNION ALL SELECT PRIVILEGE_TYPE, 'mysql.proc' FROM information_schema.SCHEMA_PRIVILEGES WHERE TABLE_SCHEMA = 'mysql' AND ${mine}`,
  );
  return new Set(rows.map(({ privilege, place }) => `${privilege} ${place}`));
}

function quotedUser(account: string): string {
  const at = account.lastIndexOf("@");
  return `${quoteString(account.slice(0, at))}@${quoteString(account.slice(at + 1))}`;
}

/** In a GRANT, `_` and `%` of a database's name stand for others unless they are escaped. */
function grantTarget(database: string): string {
  return quoteName(database).replaceAll(/[_%]/g, String.raw`\$&`);
}
