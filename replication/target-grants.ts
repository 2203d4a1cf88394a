import { isAtLeast, versionOf, type Flavour, type ServerVersion } from "./flavour.ts";
import { quoteName, quoteString } from "./literal.ts";

/** The least that the user who applies a stream needs on the target. `user` is quoted SQL: `'hotsite_applier'@'%'`. */
export function applierGrants(
  server: ServerVersion,
  user: string,
  databases: readonly string[],
): readonly string[] {
  return [
    `GRANT ${applierPrivileges(server).join(", ")} ON *.* TO ${user}`,
    `GRANT ${ownPrivileges.join(", ")} ON hotsite.* TO ${user}`,
    ...databases.map((name) => `GRANT ALL PRIVILEGES ON ${grantTarget(name)}.* TO ${user}`),
  ];
}

/** The same, repeatable on any version: only the server itself knows which privileges it has names for. */
export function applierGrantsOn(
  flavour: Flavour,
  user: string,
  databases: readonly string[],
): readonly string[] {
  const [oldest = versionOf(""), ...newer] = versions[flavour].map(versionOf);
  const [everywhere = "", ...rest] = applierGrants(oldest, user, databases);
  if (newer.length === 0) return [everywhere, ...rest];
  return [
    `SET @hotsite_grant = ${quoteString(everywhere)}`,
    ...newer.map((version) => sinceVersion(version, applierGrants(version, user, [])[0] ?? "")),
    "PREPARE hotsite_grant FROM @hotsite_grant",
    "EXECUTE hotsite_grant",
    ...rest,
  ];
}

/** Those with which the names of privileges have changed. */
const versions: Readonly<Record<Flavour, readonly string[]>> = {
  mariadb: ["10.11-MariaDB"],
  mysql: ["8.0.14", "8.0.16", "8.0.18", "8.2.0"],
};

/** Older servers take it for a comment. */
function sinceVersion({ numbers: [major = 0, minor = 0, patch = 0] }: ServerVersion, grant: string): string {
  const number = major * 10_000 + minor * 100 + patch;
  return `/*!${number} SET @hotsite_grant = ${quoteString(grant)} */`;
}

/** Of the schema `hotsite`. */
export const ownPrivileges = ["SELECT", "INSERT", "UPDATE", "DELETE"] as const;

/**
 * What is needed everywhere: to write on a read-only standby, to give each transaction its GTID and its session, and to make views and
 * routines in the name of their definers.
 */
export function applierPrivileges(server: ServerVersion): readonly string[] {
  // What the server has finished by itself after a crash stands in its binlog only.
  if (server.flavour === "mariadb") return ["READ_ONLY ADMIN", "BINLOG REPLAY", "BINLOG MONITOR", "SET USER"];
  return [
    ...["CONNECTION_ADMIN", "SESSION_VARIABLES_ADMIN"],
    isAtLeast(server, 8, 0, 18) ? "REPLICATION_APPLIER" : "SYSTEM_VARIABLES_ADMIN",
    ...(isAtLeast(server, 8, 2) ? ["SET_ANY_DEFINER", "ALLOW_NONEXISTENT_DEFINER"] : ["SET_USER_ID"]),
    // Definers that have it can be named only by a user that has it, too.
    ...(isAtLeast(server, 8, 0, 16) ? ["SYSTEM_USER"] : []),
  ];
}

/** In a GRANT, `_` and `%` of a database's name stand for others unless they are escaped. */
export function grantTarget(database: string): string {
  return quoteName(database).replaceAll(/[_%]/g, String.raw`\$&`);
}
