import { HotsiteError } from "../core/errors.ts";
import { countImages, packedRows } from "./binlog/packed-rows.ts";
import type { Flavour } from "./flavour.ts";
import { loadBody } from "./load-body.ts";
import { loadSql } from "./load-sql.ts";
import { imagesOf, Plan } from "./plan.ts";
import type { Checks, RowsChange } from "./record.ts";
import type { RowImage } from "./row-image.ts";
import {
  columnName,
  countSql,
  hasRefusedValue,
  hasKey,
  insertSql,
  removeSql,
  sameKey,
  sized,
  told,
  updateSql,
  type TargetTable,
} from "./row-sql.ts";
import { upsertable, upsertSql } from "./upsert-sql.ts";
import { allChecks, checksSql, sameChecks, sqlModeSql } from "./session.ts";

/** Below it a file costs more than it saves. */
const fewestLoaded = 200;
const mostLoaded = { rows: Infinity, bytes: 2 ** 20 };

/** One statement and how many rows it must find or make; undefined where that may differ. */
export interface Statement {
  readonly sql: string;
  readonly rows?: number;
  /** For the person who looks at a divergence: `insert into shop.order, key (4711)`. */
  readonly what: () => string;
  /** Of one row that is written: counts those that are exactly as it is then. */
  readonly kept?: string;
  readonly file?: RowsFile;
}

/** Rows that a statement reads. The server does not refuse what it cannot take as it is, so there is a savepoint before it. */
export interface RowsFile {
  readonly table: TargetTable;
  readonly body: Buffer;
  /** The same rows, where the file did not bring them all. */
  readonly inserts: () => readonly Statement[];
}

export const backToSavepoint = "ROLLBACK TO SAVEPOINT hotsite";

/**
 * Turns row changes into SQL: in few statements of many rows, in an order with the same end as the stream's. `careful` makes one statement
 * a row in the stream's own order, to find the one that fails.
 */
export class StatementWriter {
  readonly #careful: boolean;
  readonly #flavour: Flavour;
  readonly #loads: (table: TargetTable) => boolean;
  readonly #done: Statement[] = [];
  #plan = new Plan();
  #checks: Checks = allChecks;
  #lenient = false;

  /** `loads`: whether many rows of the table go in as a file. */
  constructor(careful: boolean, flavour: Flavour, loads: (table: TargetTable) => boolean = () => false) {
    this.#careful = careful;
    this.#flavour = flavour;
    this.#loads = loads;
  }

  add(change: RowsChange, table: TargetTable): void {
    if (change.overlap === true || table.schema.database === "hotsite") {
      this.#overlap(change, table);
      return;
    }
    if (this.#careful) this.#oneByOne(change, table);
    else if (!hasKey(table)) this.#withoutKey(change, table);
    else if (change.kind === "insert" && this.#loads(table) && isLarge(change))
      this.#insertsAtOnce(change, table);
    else this.#plan.add(change, table);
  }

  /** Rows of a first copy; those that are there already are equal. */
  copy(table: TargetTable, rows: readonly RowImage[]): void {
    this.#writePlan();
    this.#setChecks({ foreignKeys: false, unique: true, constraints: false });
    const key = hasKey(table) ? columnName(table, table.schema.primaryKey[0]) : "";
    const ifThere = key === "" ? "" : ` ON DUPLICATE KEY UPDATE ${key} = ${key}`;
    for (const some of this.#careful ? rows.map((row) => [row]) : sized(rows)) {
      this.#setLenient(table, some);
      const sql = `${insertSql(table, some)}${ifThere}`;
      this.#push(sql, undefined, () => told("copy into", table, some), this.#kept(table, some));
    }
  }

  /** All statements, ending with the session as it was. */
  finish(): readonly Statement[] {
    this.#writePlan();
    this.#setChecks(allChecks);
    this.#setLenientTo(false);
    return this.#done;
  }

  /**
   * The row may be there or not, and what it refers to may still come. Taking it away first does not touch another row that has one of its
   * secondary keys, as an "on duplicate key update" would.
   */
  #overlap(change: RowsChange, table: TargetTable): void {
    this.#writePlan();
    // A delete cascades to rows that are in the target already; nothing that it restricts can be there.
    this.#setChecks({ ...change.checks, foreignKeys: change.checks.foreignKeys && change.kind === "delete" });
    for (const [index, row] of change.rows.entries()) {
      const image = change.kind === "update" ? imageAt(change, index) : row;
      const keys = change.kind === "update" && !sameKey(table, row, image) ? [row, image] : [row];
      this.#push(removeSql(table, keys), undefined, () => told("delete from", table, keys));
      if (change.kind === "delete") continue;
      this.#setLenient(table, [image]);
      this.#push(insertSql(table, [image]), 1, () => told("insert into", table, [image]));
    }
  }

  /** What does to which row cannot be told from others, so nothing passes. */
  #withoutKey(change: RowsChange, table: TargetTable): void {
    if (change.kind !== "insert") {
      this.#writePlan();
      this.#oneByOne(change, table);
      return;
    }
    this.#insertsAtOnce(change, table);
  }

  /** Behind all that came before: there is nothing to be gained by an order of their own. */
  #insertsAtOnce(change: RowsChange, table: TargetTable): void {
    this.#writePlan();
    this.#setChecks(change.checks);
    this.#inserts(
      table,
      [...imagesOf(change)].map(([row]) => row),
    );
  }

  #oneByOne(change: RowsChange, table: TargetTable): void {
    this.#setChecks(change.checks);
    for (const [index, row] of change.rows.entries()) {
      if (change.kind === "update") this.#update(table, row, imageAt(change, index));
      else if (change.kind === "insert") this.#insert(table, [row]);
      else this.#delete(table, [row]);
    }
  }

  #writePlan(): void {
    const runs = this.#plan.runs();
    this.#plan = new Plan();
    for (const { kind, table, rows, after, checks } of runs) {
      this.#setChecks(checks);
      if (kind === "update") this.#updates(table, rows, after);
      else if (kind === "insert") this.#inserts(table, rows);
      else for (const some of sized(rows)) this.#delete(table, some);
    }
  }

  /** Where keys are not checked as rows come, a MariaDB tells of a wrong one too late. */
  #inserts(table: TargetTable, rows: readonly RowImage[]): void {
    const loads = rows.length >= fewestLoaded && this.#checks.unique && this.#loads(table);
    for (const some of loads ? sized(rows, mostLoaded) : sized(rows))
      if (loads && !some.some((row) => hasRefusedValue(table, row))) this.#load(table, some);
      else for (const few of sized(some)) this.#insert(table, few);
  }

  #load(table: TargetTable, rows: readonly RowImage[]): void {
    this.#setLenientTo(false);
    this.#push("SAVEPOINT hotsite", undefined, () => "savepoint");
    const inserts = (): readonly Statement[] => {
      const writer = new StatementWriter(false, this.#flavour);
      for (const some of sized(rows)) writer.#insert(table, some);
      return writer.#done;
    };
    const file = { table, body: loadBody(table, rows), inserts };
    const what = (): string => told("load into", table, rows);
    this.#done.push({ sql: loadSql(table, table.written), rows: rows.length, what, file });
  }

  #insert(table: TargetTable, rows: readonly RowImage[]): void {
    this.#setLenient(table, rows);
    const what = (): string => told("insert into", table, rows);
    this.#push(insertSql(table, rows), rows.length, what, this.#kept(table, rows));
  }

  #delete(table: TargetTable, rows: readonly RowImage[]): void {
    this.#push(removeSql(table, rows), rows.length, () => told("delete from", table, rows));
  }

  #updates(table: TargetTable, rows: readonly RowImage[], after: readonly RowImage[]): void {
    for (const some of upsertable(table, rows, after)) {
      const [before, images] = [rows.slice(...some), after.slice(...some)];
      this.#setLenient(table, images);
      if (images.length > 1) {
        this.#push(upsertSql(table, before, images), 2 * images.length, () => told("update", table, before));
      } else for (const [index, row] of before.entries()) this.#update(table, row, images[index] ?? row);
    }
  }

  #update(table: TargetTable, before: RowImage, after: RowImage): void {
    this.#setLenient(table, [after]);
    const what = (): string => told("update", table, [before]);
    this.#push(updateSql(table, before, after), 1, what, this.#kept(table, [after]));
  }

  #push(sql: string, rows: number | undefined, what: () => string, kept?: string): void {
    this.#done.push({ sql, rows, what, ...(kept !== undefined && { kept }) });
  }

  #kept(table: TargetTable, [row]: readonly RowImage[]): string | undefined {
    return this.#careful && row !== undefined ? countSql(table, row) : undefined;
  }

  #setChecks(checks: Checks): void {
    if (sameChecks(checks, this.#checks)) return;
    this.#push(checksSql(checks, this.#flavour), undefined, () => "session");
    this.#checks = checks;
  }

  /** Some values that tables hold are refused by a strict session, which protects everything else from being changed on its way in. */
  #setLenient(table: TargetTable, rows: readonly RowImage[]): void {
    this.#setLenientTo(rows.some((row) => hasRefusedValue(table, row)));
  }

  #setLenientTo(lenient: boolean): void {
    if (lenient === this.#lenient) return;
    this.#push(sqlModeSql(lenient), undefined, () => "session");
    this.#lenient = lenient;
  }
}

/** Whether its rows are so many that a file pays. Most changes have too few bytes for that, which is quickly seen. */
function isLarge(change: RowsChange): boolean {
  const packed = packedRows(change);
  if (packed === undefined) return change.rows.length >= fewestLoaded;
  return (
    packed.chunks.reduce((sum, { length }) => sum + length, 0) >= fewestLoaded &&
    countImages(packed) >= fewestLoaded
  );
}

function imageAt(change: RowsChange, index: number): RowImage {
  const image = change.after?.[index];
  if (image === undefined) throw new HotsiteError("bad-record", "an update without its second image");
  return image;
}
