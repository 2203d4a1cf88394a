import { HotsiteError } from "../../core/errors.ts";
import type { Flavour } from "../flavour.ts";
import type { SchemaStatement, StatementChange } from "../record.ts";
import type { Target } from "../target.ts";
import { collationsLike, connectionCollation } from "./collations.ts";
import { droppingWhatIsThere, translated, type Dialect } from "./statement.ts";

/** Tells a target what a source of the other kind did to its schema. */
export class Interpreter {
  readonly #to: Flavour;
  readonly #collations: ReadonlySet<string>;

  constructor(to: Flavour, collations: ReadonlySet<string>) {
    this.#to = to;
    this.#collations = collations;
  }

  /** Whether the target has a collation of this name, or the same under another one. */
  knows(collation: string): boolean {
    return collationsLike(collation, this.#to).some((like) => this.#collations.has(like));
  }

  /** Throws "untranslatable" for what the target has nothing like. */
  statement(change: StatementChange, gtid: string): StatementChange {
    const { sql, sqlMode, collationConnection, collationServer } = change;
    const dialect = this.#dialect(sql, `${gtid}: `);
    const connection = (id: number): number =>
      connectionCollation(id, this.#to) ?? dialect.refuse("it has no such character set");
    if (this.#to === "mysql" && (BigInt(sqlMode) & oracleMode) !== 0n)
      dialect.refuse("it knows no ORACLE mode");
    const told = translated(sql, dialect);
    return {
      ...change,
      sql: change.ifExists === true || dropsSeveral.test(told) ? droppingWhatIsThere(told) : told,
      sqlMode: Number((BigInt(sqlMode) & sharedModes) | fractionMode(BigInt(sqlMode), this.#to)),
      collationConnection: connection(collationConnection),
      collationServer: connection(collationServer),
    };
  }

  /** The same for a part of a first copy. */
  schema(statement: SchemaStatement): SchemaStatement {
    const { sql, sqlMode, collationConnection } = statement;
    const dialect = this.#dialect(sql, "");
    return {
      ...statement,
      sql: translated(sql, dialect),
      sqlMode: sqlMode
        .split(",")
        .filter((mode) => !onlyOne.has(mode))
        .join(","),
      collationConnection: dialect.collation(collationConnection) ?? "utf8mb4_general_ci",
    };
  }

  #dialect(sql: string, where: string): Dialect {
    return {
      to: this.#to,
      collation: (name) => collationsLike(name, this.#to).find((like) => this.#collations.has(like)),
      refuse: (problem) => refuse(sql, `${where}${problem}`, this.#to),
    };
  }
}

const dropsSeveral = /^\s*DROP\s+(?:TABLES?|VIEW)\b[^]*,/i;

/** Asks the target which collations it has. */
export async function interpreterFor(target: Target): Promise<Interpreter> {
  const { flavour } = target.version;
  const rows = await target.rows<{ name: string }>(collationNames[flavour]);
  return new Interpreter(flavour, new Set(rows.map(({ name }) => name.toLowerCase())));
}

const collationNames: Readonly<Record<Flavour, string>> = {
  mariadb:
    "SELECT FULL_COLLATION_NAME AS name FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY UNION SELECT COLLATION_NAME FROM information_schema.COLLATIONS",
  mysql: "SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS",
};

/** Bits of `sql_mode` that mean the same in both and that both take. */
const sharedModes = 0xefn | (0x1ffn << 19n) | (7n << 29n);

/** What becomes of digits behind the second that a column has no room for: MySQL rounds, MariaDB cuts, unless told otherwise. */
function fractionMode(mode: bigint, to: Flavour): bigint {
  if (to === "mysql") return (mode & roundOfMariadb) === 0n ? truncateOfMysql : 0n;
  return (mode & truncateOfMysql) === 0n ? roundOfMariadb : 0n;
}

const truncateOfMysql = 1n << 32n;
const roundOfMariadb = 1n << 34n;

/** In it MariaDB understands another language. */
const oracleMode = 1n << 9n;

/** Modes that only one of them has; none changes what a schema means. */
const onlyOne = new Set([
  ...["NO_AUTO_CREATE_USER", "IGNORE_BAD_TABLE_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS"],
  ...["NO_FIELD_OPTIONS", "EMPTY_STRING_IS_NULL", "SIMULTANEOUS_ASSIGNMENT", "TIME_ROUND_FRACTIONAL"],
  "TIME_TRUNCATE_FRACTIONAL",
]);

/** What helps where the target does not take a statement. */
export const byHand = "run your own version of it at the target, then skip it: hotsite replication skip";

function refuse(sql: string, problem: string, to: Flavour): never {
  const name = to === "mysql" ? "MySQL" : "MariaDB";
  throw new HotsiteError(
    "untranslatable",
    `the target is ${name} and cannot be told: ${problem}: ${brief(sql)}`,
    {
      hint: byHand,
    },
  );
}

function brief(sql: string): string {
  return sql.length > 200 ? `${sql.slice(0, 200)}…` : sql;
}
