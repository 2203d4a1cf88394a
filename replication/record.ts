import type { PreparedByXa } from "../core/protection.ts";
import type { TextRows } from "./text-rows.ts";

/**
 * What travels from feeder to processor through the log. Values are raw: nothing is transcoded or rounded on the way.
 *
 * | column                       | value                                                                    |
 * |------------------------------|--------------------------------------------------------------------------|
 * | int, year                    | number, or bigint where a number would not be exact                      |
 * | decimal                      | text, exact                                                              |
 * | float, double                | number; negative zero is the text `-0`, which MessagePack has no number for |
 * | date, time, datetime         | text with its fraction                                                   |
 * | timestamp                    | the same, in UTC                                                         |
 * | text                         | bytes in the column's own character set                                  |
 * | bytes, geometry              | bytes; a geometry as servers keep it: SRID, then WKB; a vector too       |
 * | enum                         | its index, 0 for the invalid value                                       |
 * | set                          | its bits, number or bigint                                               |
 * | bit                          | bytes, the highest first                                                 |
 * | json                         | MySQL's JSON: the text that its SELECT gives                             |
 * | document                     | the same, where only the target knows that its own column is JSON        |
 * | uuid, inet4, inet6           | text; the binlog writes them as bytes, and only the target knows that they are one of these |
 */
export type Value = null | number | bigint | string | Uint8Array;

/** Values of every column of a table, in order. */
export type Row = readonly Value[];

export const columnTypes = [
  ...(["int", "decimal", "float", "double", "year", "date", "time", "datetime", "timestamp"] as const),
  ...(["text", "bytes", "geometry", "enum", "set", "bit"] as const),
  ...(["json", "document", "uuid", "inet4", "inet6"] as const),
] as const;

export type ColumnType = (typeof columnTypes)[number];

export interface ColumnSchema {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly unsigned: boolean;
  /** MariaDB's name of the character set, of a `text` column: `utf8mb4`. */
  readonly charset?: string;
  /** Of a FLOAT(10,2): what it takes. It may hold what that is rounded to. */
  readonly highest?: number;
}

/** A table as it was when the rows were written. Which columns are generated, the binlog does not say. */
export interface TableSchema {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly ColumnSchema[];
  /** Places of the primary key's columns, in key order; empty where there is none. */
  readonly primaryKey: readonly number[];
}

/** Rows of one table, in the order in which they were changed. */
export interface RowsChange {
  readonly kind: "insert" | "update" | "delete";
  /** Place in the batch's `tables`. */
  readonly table: number;
  /** Full images: of an update and a delete before it, of an insert after it. */
  readonly rows: readonly Row[];
  /** Of an update: the image after it, one for each of `rows`. */
  readonly after?: readonly Row[];
  readonly checks: Checks;
  /**
   * The table is being copied: the row may or may not be in the target yet. Insert and update put the row there whatever was there
   * before, delete takes it away if it is there. Without it, exactly one row is inserted or found.
   */
  readonly overlap?: true;
}

/** What the source's session had switched on. */
export interface Checks {
  readonly foreignKeys: boolean;
  readonly unique: boolean;
  /** `CHECK` constraints. */
  readonly constraints: boolean;
}

/** A statement that changes the schema, with everything of its session that its meaning depends on. */
export interface StatementChange {
  readonly kind: "statement";
  readonly sql: string;
  /** The session's default database; empty when it had none. */
  readonly database: string;
  /** `@@sql_mode` as a number, as `SET sql_mode` takes it. */
  readonly sqlMode: number | bigint;
  /** Ids of collations, as `SET collation_connection` and `SET collation_server` take them; the text itself is sent as utf8mb4. */
  readonly collationConnection: number;
  readonly collationServer: number;
  readonly timeZone?: string;
  /** `SET TIMESTAMP`: seconds since 1970, with a fraction. */
  readonly timestamp: number;
  readonly checks: Checks;
  /** How a column that counts by itself numbers the rows that are there when it is added; absent where it counts 1, 2, 3. */
  readonly autoIncrement?: { readonly increment: number; readonly offset: number };
  /** Id of the language of names of days and months; absent of English. */
  readonly dayNames?: number;
  /** MariaDB's `sql_if_exists`, and whether a TIMESTAMP has no default but those that are written; absent where the source does not tell. */
  readonly ifExists?: boolean;
  readonly explicitTimestamps?: boolean;
  /** What the source's session said where the statement names no definer. */
  readonly invoker?: { readonly user: string; readonly host: string };
  /** What only MySQL writes: the id of the collation that `utf8mb4` alone means. */
  readonly collationUtf8mb4?: number;
  /** Ids of the collations that character sets alone mean, where they mean others than the server's built-in ones. */
  readonly charsetCollations?: readonly number[];
  /** Those of the session that it reads. */
  readonly variables?: readonly UserVariable[];
}

/** `SET @name = literal`. */
export interface UserVariable {
  readonly name: string;
  readonly literal: string;
}

export type Change = RowsChange | StatementChange;

/** One source transaction, or a part of a large one. A statement is alone in its transaction, or makes the table of all that follows. */
export interface TransactionRecord {
  readonly kind: "transaction";
  readonly seq: number;
  /** Of the source transaction, in its server's form: `domain-server-sequence`, `uuid:7`, `uuid:tag:7`. All its parts have the same. */
  readonly gtid: string;
  /** When the source began to commit it, milliseconds since 1970; MariaDB tells whole seconds, MySQL those and their fraction. */
  readonly commitMs: number;
  /** From 1. */
  readonly part: number;
  readonly last: boolean;
  readonly changes: readonly Change[];
}

/** The parts so far of the transaction whose `last` part has not come are void; it comes again from part 1. */
export interface AbortRecord {
  readonly kind: "abort";
  readonly seq: number;
}

/** One statement that makes a part of the schema. */
export interface SchemaStatement {
  readonly sql: string;
  /** Default database to run it in. */
  readonly database: string;
  readonly sqlMode: string;
  readonly collationConnection: string;
  /** Of an event: what its times are meant in. */
  readonly timeZone?: string;
  /** Takes away what an attempt before may have made. */
  readonly drop?: string;
}

/** The first copy begins: the target drops these databases and runs the statements, in order. */
export interface CopyBeginRecord {
  readonly kind: "copy-begin";
  readonly seq: number;
  readonly databases: readonly string[];
  readonly statements: readonly SchemaStatement[];
}

/**
 * Rows as they are at exactly this place of the stream, of a table that is being copied: none of them differs from what the target has
 * of them. Parents come before children, but a row may refer to one of its own table that comes later.
 */
export interface CopyChunkRecord {
  readonly kind: "copy-chunk";
  readonly seq: number;
  readonly table: number;
  readonly rows: TextRows;
}

/** Its rows follow in one piece: the target empties the tables, since an attempt before may have been given up in the middle. */
export interface CopyUnitRecord {
  readonly kind: "copy-unit";
  readonly seq: number;
  readonly tables: readonly TableName[];
}

/** From here on every change of the table finds exactly one row. */
export interface CopyTableDoneRecord {
  readonly kind: "copy-table-done";
  readonly seq: number;
  readonly database: string;
  readonly table: string;
}

/** The first copy is complete; the statements make what must not be there before the rows: views and routines. */
export interface CopyEndRecord {
  readonly kind: "copy-end";
  readonly seq: number;
  readonly statements: readonly SchemaStatement[];
}

export type StreamRecord =
  | TransactionRecord
  | AbortRecord
  | CopyBeginRecord
  | CopyUnitRecord
  | CopyChunkRecord
  | CopyTableDoneRecord
  | CopyEndRecord;

export interface TableName {
  readonly database: string;
  readonly table: string;
}

/** Tables that are copied one with the other. */
export interface CopyUnit {
  /** One, or several that refer to each other. */
  readonly tables: readonly TableName[];
  /** All rows of all its tables are read from one snapshot; else its one table is read in chunks by its key. */
  readonly whole: boolean;
}

/** How far the first copy is: enough to go on with it. */
export interface CopyProgress {
  /** Everything in the order of copying. */
  readonly units: readonly CopyUnit[];
  /** How many of them are done; the next one is being copied. */
  readonly done: number;
  /** Key of the last row copied of the table that is being copied; absent before its first chunk, and for what is copied whole. */
  readonly lastKey?: Row;
  readonly rows: number;
  /** As estimated by the source when the copy began. */
  readonly totalRows: number;
}

/** A transaction that the source has prepared by XA, and neither committed nor rolled back: its rows come where it is committed. */
export interface PreparedTransaction extends PreparedByXa {
  /** Of a MariaDB: the position of its domain before it. */
  readonly after: string;
}

/** What the payload of a `LogBatch` says. */
export interface RecordBatch {
  /**
   * GTID position of the source after the last whole transaction of the batch, in all domains. Parts of an unfinished transaction are
   * not in it: the stream is read again from here, after an `abort`.
   */
  readonly position: string;
  /** What the row changes and chunks of the batch refer to. */
  readonly tables: readonly TableSchema[];
  /** Sequence numbers without gaps. */
  readonly records: readonly StreamRecord[];
  /** Present while the first copy runs. */
  readonly copy?: CopyProgress;
  /** Prepared and undecided at the position; absent while there are none. */
  readonly prepared?: readonly PreparedTransaction[];
}
