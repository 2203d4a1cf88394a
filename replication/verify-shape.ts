import { isDeepStrictEqual } from "node:util";
import { quoteName } from "./literal.ts";
import type { ColumnSchema } from "./record.ts";
import type { CopiedColumn, CopiedTable } from "./source-columns.ts";
import type { Source } from "./source.ts";
import type { ComparedTable } from "./verify-rows.ts";

/** One table as both servers have it. */
export interface TablePair {
  readonly ours: ComparedTable;
  readonly theirs: ComparedTable;
  /** Columns that have no common form on both, such as a text that one of them keeps as JSON. */
  readonly uncompared: readonly string[];
}

/** Undefined when the two cannot be compared: they have other columns, or another key. */
export function pairOf(
  { source, target }: { readonly source: Source; readonly target: Source },
  ours: CopiedTable,
  theirs: CopiedTable,
): TablePair | undefined {
  const alike = source.version.flavour === target.version.flavour;
  const same = isDeepStrictEqual(source.version, target.version);
  if (alike ? !isSame(ours, theirs) : !isTranslated(ours, theirs)) return undefined;
  const uncompared = ours.schema.columns.flatMap(({ name, type }, place) =>
    type !== "json" && theirs.schema.columns[place]?.type === "json" ? [name] : [],
  );
  const compared = (table: CopiedTable): ComparedTable => ({
    ...table,
    compared: table.columns
      .filter(({ schema }) => !uncompared.includes(schema.name))
      .map((column) => (same ? column : inCommonForm(column, alike))),
  });
  return { ours: compared(ours), theirs: compared(theirs), uncompared };
}

/** 2^140: no FLOAT but zero is below 0.001 when it is multiplied by it, and none loses a bit. */
const scale = "1393796574908163946345982392040522594123776e0";

/** A newer MySQL has room for 22 characters of a number that is computed, and rounds what is longer; only one kind of server shows the sign of a zero. */
function inCommonForm(column: CopiedColumn, alike: boolean): CopiedColumn {
  const { name, type } = column.schema;
  const value = quoteName(name);
  if (type === "double" && !alike)
    return { ...column, expression: `IF(${value} = 0, '0', CONCAT(${value}))` };
  if (type !== "float") return column;
  const size = `ABS(${value} * 1e0)`;
  const digits = `IF(${size} < 1e-3, CONCAT('s', ${size} * ${scale}), ${size})`;
  return { ...column, expression: `CONCAT(IF(${value} < 0, '-', ''), ${digits})` };
}

/** But for the database, which may have another name there; older servers call `utf8mb3` otherwise. */
function isSame({ schema: { columns, primaryKey } }: CopiedTable, { schema: theirs }: CopiedTable): boolean {
  const ofToday = (all: readonly ColumnSchema[]): readonly ColumnSchema[] =>
    all.map((column) => (column.charset === "utf8" ? { ...column, charset: "utf8mb3" } : column));
  return isDeepStrictEqual([ofToday(columns), primaryKey], [ofToday(theirs.columns), theirs.primaryKey]);
}

/** Two kinds of servers name types differently. */
function isTranslated({ schema: ours }: CopiedTable, { schema: theirs }: CopiedTable): boolean {
  return (
    ours.columns.length === theirs.columns.length &&
    isDeepStrictEqual(ours.primaryKey, theirs.primaryKey) &&
    ours.columns.every((column, place) => isSameColumn(column, theirs.columns[place]))
  );
}

function isSameColumn(ours: ColumnSchema, theirs: ColumnSchema | undefined): boolean {
  if (theirs === undefined || ours.name !== theirs.name) return false;
  const [one, other] = [ours, theirs].map(({ type }) => (asText.has(type) ? "text" : type));
  return one === other && family(ours.charset) === family(theirs.charset);
}

const asText: ReadonlySet<string> = new Set(["json", "uuid", "inet4", "inet6"]);

/** The bytes of a text are the same in each of these. */
function family(charset = "utf8mb4"): string {
  return charset.startsWith("utf8") || charset === "ascii" ? "utf8" : charset;
}
