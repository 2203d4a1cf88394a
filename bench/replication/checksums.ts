import type { Connection } from "mysql2/promise";
import type { Server } from "./flavour.ts";
import { database, markerId, tables } from "./work.ts";

/** What a server says of the tables of the bench, as one text to compare. */
export type Checksums = string;

export async function checksumsOf(server: Server): Promise<Checksums> {
  const connection = await server.connect();
  const checksums = await readChecksums(connection);
  await connection.end();
  return checksums;
}

export async function readChecksums(connection: Connection): Promise<Checksums> {
  const names = tables.map((table) => `${database}.${table}`);
  const [sums] = await connection.query(`CHECKSUM TABLE ${names.join(", ")}`);
  const [counts] = await connection.query(
    names.map((name) => `SELECT COUNT(*) AS n FROM ${name}`).join(" UNION ALL "),
  );
  return JSON.stringify([sums, counts]);
}

/** Whether the last row of every table is there; during a first copy there may be no tables. */
export async function hasMarkers(connection: Connection, where: string = database): Promise<boolean> {
  const looks = tables.map((table) => `SELECT id FROM ${where}.${table} WHERE id = ${markerId}`);
  try {
    const [rows] = await connection.query(looks.join(" UNION ALL "));
    return Array.isArray(rows) && rows.length === tables.length;
  } catch (error) {
    if (error instanceof Error && "errno" in error && absent.has(error.errno)) return false;
    throw error;
  }
}

/** No such database, no such table, changed meanwhile. */
const absent: ReadonlySet<unknown> = new Set([1049, 1146, 1412]);
