import type { Fault } from "../core/errors.ts";
import { quoteString } from "./literal.ts";
import { applierPrivileges, grantTarget, ownPrivileges } from "./target-grants.ts";
import type { Target } from "./target.ts";

/** What the applier may not do at the target, with the GRANT that mends it. */
export async function targetPrivilegeFaults(
  target: Target,
  databases: readonly string[],
): Promise<readonly Fault[]> {
  const [account] = await target.rows<{ user: string }>("SELECT CURRENT_USER() AS user");
  const user = quotedUser(account?.user ?? "");
  const rows = await target.rows<Record<string, string>>("SHOW GRANTS");
  const held = rows.flatMap((row) => Object.values(row)).flatMap(grantsIn);
  const missing = (wanted: readonly string[], place: string, on: string): readonly Fault[] => {
    const names = wanted.filter((privilege) => !held.some((grant) => covers(grant, privilege, place)));
    if (names.length === 0) return [];
    const all = on !== "hotsite.*" && on !== "*.*";
    const remedy = `GRANT ${all ? "ALL PRIVILEGES" : names.join(", ")} ON ${on} TO ${user}`;
    return [
      { path: `target: privileges of ${user}`, problem: `${names.join(", ")} on ${on} missing`, remedy },
    ];
  };
  return [
    ...missing(applierPrivileges(target.version), "*", "*.*"),
    ...missing(ownPrivileges, "hotsite", "hotsite.*"),
    ...databases.flatMap((name) => missing(perDatabase, name, `${grantTarget(name)}.*`)),
  ];
}

/** What rows and statements of the source may need. */
const perDatabase = [
  ...["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES", "TRIGGER"],
  ...["CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE"],
];

interface Grant {
  readonly privileges: ReadonlySet<string>;
  /** A database's name, or `*`. */
  readonly place: string;
}

function grantsIn(line: string): readonly Grant[] {
  const [, privileges = "", place] = /^GRANT (.+) ON (`(?:[^`]|``)+`|\*|\S+)\.\* TO /.exec(line) ?? [];
  if (place === undefined) return [];
  const name = place
    .replaceAll(/^`|`$/g, "")
    .replaceAll("``", "`")
    .replaceAll(/\\([_%])/g, "$1");
  return [{ privileges: new Set(privileges.split(/, ?/)), place: name }];
}

/** "ALL PRIVILEGES" of a MySQL are those that it always had; the others are told beside. */
function covers({ privileges, place }: Grant, privilege: string, wanted: string): boolean {
  if (place !== "*" && place !== wanted) return false;
  return privileges.has(privilege) || (privileges.has("ALL PRIVILEGES") && !privilege.includes("_"));
}

function quotedUser(account: string): string {
  const at = account.lastIndexOf("@");
  return `${quoteString(account.slice(0, at))}@${quoteString(account.slice(at + 1))}`;
}
