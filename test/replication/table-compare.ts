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

async function contentOf(server: DatabaseServer, database: string, table: string): Promise<TableContent> {
  const columns = (await server.query(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS type, IS_NULLABLE AS nullable FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ${text(database)} AND BINARY TABLE_NAME = BINARY ${text(table)} ORDER BY ORDINAL_POSITION`,
  )) as unknown as Column[];
  const shown = columns.map(({ name, type }) => `COALESCE(${shownAs(quoted(name), type)}, 'NULL')`);
  const rows = await server.query(
    "SET time_zone = '+00:00', sql_mode = '', group_concat_max_len = 100000000",
    `SELECT CONCAT_WS('|', ${shown.join(", ")}) AS row_text FROM ${quoted(database)}.${quoted(table)}`,
  );
  const texts = rows.map((row) => String(row["row_text"])).sort();
  return {
    columns: columns.map(({ name, type, nullable }) => `${name} ${kindOf(type)} ${nullable}`),
    rows: texts.slice(0, 400),
    digest: createHash("sha256").update(texts.join("\n")).digest("hex"),
  };
}

/** MariaDB keeps JSON as text; MySQL 8 has another name for a collection of shapes. */
function kindOf(type: string): string {
  if (type === "json") return "longtext";
  return type === "geomcollection" ? "geometrycollection" : type;
}

const numbers = new Set(["enum", "set", "bit"]);
const shapes = /geom|point|polygon|linestring/;

function shownAs(name: string, type: string): string {
  if (numbers.has(type)) return `CAST(CAST(${name} AS UNSIGNED) AS CHAR)`;
  // MariaDB shows no sign of a zero.
  if (type === "float" || type === "double") return `CAST(${name} * 1e0 + 0e0 AS CHAR)`;
  if (type === "json") return `HEX(CAST(${name} AS CHAR CHARACTER SET utf8mb4))`;
  if (/char|text|blob|binary|vector/.test(type) || shapes.test(type)) return `HEX(${name})`;
  return `CAST(${name} AS CHAR)`;
}

function quoted(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

function text(value: string): string {
  return `X'${Buffer.from(value).toString("hex")}'`;
}
