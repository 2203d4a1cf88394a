import { HotsiteError } from "../core/errors.ts";
import type { Flavour } from "./flavour.ts";
import { quoteName, quoteString } from "./literal.ts";
import type { ColumnSchema, ColumnType, TableSchema } from "./record.ts";
import { findingKeysOf, findingKeysSql, type GeneratedColumn, type KeyPart } from "./finding-key.ts";
import type { Source } from "./source.ts";

/** A column as SELECT gives it: the expression whose result keeps every bit. */
export interface CopiedColumn {
  readonly schema: ColumnSchema;
  readonly expression: string;
}

export interface CopiedTable {
  readonly schema: TableSchema;
  readonly columns: readonly CopiedColumn[];
  /** Name of the index of the key by which rows are found, whose columns stand as `schema.primaryKey`; undefined when there is none. */
  readonly index: string | undefined;
  /** What a row takes on average, as the source estimates it; 0 when it does not. */
  readonly rowBytes: number;
}

interface SizeRow {
  readonly bytes: string | number | null;
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly definition: string;
  readonly nullable: string;
  readonly charset: string | null;
}

/** Undefined when there is no such table. One exchange: of thousands of tables each is asked for. */
export async function readColumns(
  source: Source,
  database: string,
  table: string,
): Promise<CopiedTable | undefined> {
  const { parts, generated } = findingKeysSql([database], table);
  const [rows = [], keyParts = [], generatedColumns = [], [size] = []] = await source.lists<
    ColumnRow & KeyPart & GeneratedColumn & SizeRow
  >([columnsSql(database, table), parts, generated, sizeSql(database, table)]);
  if (rows.length === 0) return undefined;
  const types = carriedTypesOf(source);
  const columns = rows.map((row) => copiedColumn(row, types));
  const [key] = findingKeysOf(keyParts, generatedColumns);
  const names = rows.map(({ name }) => name);
  const primaryKey = (key?.columns ?? []).map((name) => names.indexOf(name));
  const schema = { database, table, columns: columns.map((column) => column.schema), primaryKey };
  return { schema, columns, index: key?.index, rowBytes: Number(size?.bytes ?? 0) };
}

/** What a row of it takes on average; 0 where it was never analysed. */
function sizeSql(database: string, table: string): string {
  return `SELECT AVG_ROW_LENGTH AS bytes FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = ${quoteString(database)} AND TABLE_NAME = ${quoteString(table)}`;
}

function columnsSql(database: string, table: string): string {
  return `SELECT c.COLUMN_NAME AS name, c.DATA_TYPE AS type, c.COLUMN_TYPE AS definition, c.IS_NULLABLE AS nullable,
    c.CHARACTER_SET_NAME AS charset FROM information_schema.COLUMNS c
    WHERE c.TABLE_SCHEMA = ${quoteString(database)} AND c.TABLE_NAME = ${quoteString(table)} ORDER BY c.ORDINAL_POSITION`;
}

/** Types of `information_schema` that replication carries from any server. */
const commonTypes: Readonly<Record<string, ColumnType>> = {
  ...{ tinyint: "int", smallint: "int", mediumint: "int", int: "int", bigint: "int" },
  ...{ decimal: "decimal", float: "float", double: "double", year: "year" },
  ...{ date: "date", time: "time", datetime: "datetime", timestamp: "timestamp" },
  ...{ char: "text", varchar: "text", tinytext: "text", text: "text", mediumtext: "text", longtext: "text" },
  ...{
    binary: "bytes",
    varbinary: "bytes",
    tinyblob: "bytes",
    blob: "bytes",
    mediumblob: "bytes",
    longblob: "bytes",
  },
  ...{
    geometry: "geometry",
    point: "geometry",
    linestring: "geometry",
    polygon: "geometry",
    multipoint: "geometry",
  },
  ...{ multilinestring: "geometry", multipolygon: "geometry", geometrycollection: "geometry" },
  ...{ enum: "enum", set: "set", bit: "bit", vector: "bytes" },
};

/** And those that one of them has. */
const carriedTypes: Readonly<Record<Flavour, Readonly<Record<string, ColumnType>>>> = {
  mariadb: { ...commonTypes, uuid: "uuid", inet4: "inet4", inet6: "inet6" },
  mysql: { ...commonTypes, json: "json", geomcollection: "geometry" },
};

export function carriedTypesOf({ version }: Source): Readonly<Record<string, ColumnType>> {
  return carriedTypes[version.flavour];
}

function copiedColumn(
  { name, type, definition, nullable, charset }: ColumnRow,
  types: Readonly<Record<string, ColumnType>>,
): CopiedColumn {
  const carried = types[type];
  if (carried === undefined) {
    throw new HotsiteError("unsupported-event", `column ${name} is of type ${type}, which is not carried`);
  }
  const unsigned = /\bunsigned\b/.test(definition) || /\bzerofill\b/.test(definition);
  const schema = { name, type: carried, nullable: nullable === "YES", unsigned };
  return {
    schema: carried === "text" && charset !== null ? { ...schema, charset } : schema,
    expression: expressionOf(quoteName(name), carried),
  };
}

/** As text a FLOAT would lose digits; of ENUM and SET the number is wanted; the driver fails on character sets that it does not know. */
function expressionOf(column: string, type: ColumnType): string {
  if (type === "float") return `(${column} * 1e0)`;
  if (type === "text") return `CAST(${column} AS BINARY)`;
  if (type === "uuid" || type === "inet4" || type === "inet6") return `CAST(${column} AS CHAR)`;
  return type === "enum" || type === "set" ? `CAST(${column} AS UNSIGNED)` : column;
}
