import { createHash } from "node:crypto";
import type { DatabaseServer } from "../support/database-server.ts";

/** What a server says of each table of a database: its columns, and its rows value by value. Servers of different kinds say the same of equal ones. */
export async function tablesOf(
  server: DatabaseServer,
  database: string,
): Promise<Readonly<Record<string, TableContent>>> {
  const names = await server.query(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${text(database)} AND TABLE_TYPE = 'BASE TABLE'`,
  );
  const found: Record<string, TableContent> = {};
  for (const { name } of names) found[String(name)] = await contentOf(server, database, String(name));
  return found;
}

/** Of rows that differ the first ones are enough to see what happened. */
export interface TableContent {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  readonly digest: string;
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: string;
}

export async function contentOf(
  server: DatabaseServer,
  database: string,
  table: string,
): Promise<TableContent> {
  const columns = (await server.query(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS type, IS_NULLABLE AS nullable FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ${text(database)} AND BINARY TABLE_NAME = BINARY ${text(table)} ORDER BY ORDINAL_POSITION`,
  )) as unknown as Column[];
  const shown = columns.map(({ name, type }) => shownAs(quoted(name), type));
  const connection = await server.connect({
    typeCast: (field) => field.buffer()?.toString("latin1") ?? null,
  });
  await connection.query("SET time_zone = '+00:00', sql_mode = ''");
  const [rows] = await connection.query({
    sql: `SELECT ${shown.join(", ")} FROM ${quoted(database)}.${quoted(table)}`,
    rowsAsArray: true,
  });
  const texts = (rows as (string | null)[][])
    .map((row) => row.map((value, place) => told(value, columns[place]?.type ?? "")).join("|"))
    .sort();
  await connection.end();
  return {
    columns: columns.map(({ name, type, nullable }) => `${name} ${kindOf(type)} ${nullable}`),
    rows: texts.slice(0, 400),
    digest: createHash("sha256").update(texts.join("\n")).digest("hex"),
  };
}

/** Servers write the same number in several ways; MariaDB shows no sign of a zero. */
function told(value: string | null, type: string): string {
  if (value === null) return "NULL";
  return type === "float" || type === "double" ? String(Number(value) + 0) : value;
}

/** MariaDB keeps JSON as text; MySQL 8 has another name for a collection of shapes. */
function kindOf(type: string): string {
  if (type === "json") return "longtext";
  return type === "geomcollection" ? "geometrycollection" : type;
}

const numbers = new Set(["enum", "set", "bit"]);
const shapes = /geom|point|polygon|linestring/;

function shownAs(name: string, type: string): string {
  if (numbers.has(type)) return `CAST(${name} AS UNSIGNED)`;
  if (type === "float") return `${name} * 1e0`;
  if (type === "json") return `HEX(CAST(${name} AS CHAR CHARACTER SET utf8mb4))`;
  if (/char|text|blob|binary|vector/.test(type) || shapes.test(type)) return `HEX(${name})`;
  return name;
}

function quoted(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

function text(value: string): string {
  return `X'${Buffer.from(value).toString("hex")}'`;
}
