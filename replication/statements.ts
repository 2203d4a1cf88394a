import { HotsiteError } from "../core/errors.ts";
import type { Checks, Row, RowsChange } from "./record.ts";
import {
  columnName,
  insertSql,
  removeSql,
  sameKey,
  sized,
  told,
  updateSql,
  type TargetTable,
} from "./row-sql.ts";
import { allChecks, checksSql, sqlModeSql } from "./session.ts";

/** One statement and how many rows it must find or make; undefined where that may differ. */
export interface Statement {
  readonly sql: string;
  readonly rows?: number;
  /** For the person who looks at a divergence: `insert into shop.order, key (4711)`. */
  readonly what: () => string;
}

/** Neighbouring changes that make one statement. */
interface Run {
  readonly kind: "insert" | "delete";
  readonly table: TargetTable;
  readonly rows: Row[];
}

/**
 * Turns row changes into SQL in their order. Neighbouring inserts of one table become one statement, and so do deletes; `careful` keeps
 * them apart, to find the one that fails.
 */
export class StatementWriter {
  readonly #careful: boolean;
  readonly #done: Statement[] = [];
  #run: Run | undefined;
  #checks: Checks = allChecks;
  #lenient = false;

  constructor(careful: boolean) {
    this.#careful = careful;
  }

  add(change: RowsChange, table: TargetTable): void {
    if (change.overlap === true || table.schema.database === "hotsite") {
      this.#overlap(change, table);
      return;
    }
    this.#setChecks(change.checks);
    for (const [index, row] of change.rows.entries()) {
      if (change.kind === "update") this.#update(table, row, imageAt(change, index));
      else this.#extend(change.kind, table, row);
    }
  }

  /** Rows of a first copy; those that are there already are equal. */
  copy(table: TargetTable, rows: readonly Row[]): void {
    this.#setChecks({ foreignKeys: false, unique: true, constraints: false });
    const key = columnName(table, table.schema.primaryKey[0]);
    for (const some of this.#careful ? rows.map((row) => [row]) : sized(rows)) {
      this.#setLenient(table, some);
      this.#push(`${insertSql(table, some)} ON DUPLICATE KEY UPDATE ${key} = ${key}`, undefined, () =>
        told("copy into", table, some),
      );
    }
  }

  /** All statements, ending with the session as it was. */
  finish(): readonly Statement[] {
    this.#setChecks(allChecks);
    this.#setLenientTo(false);
    this.#flush();
    return this.#done;
  }

  /**
   * The row may be there or not, and what it refers to may still come. Taking it away first does not touch another row that has one of its
   * secondary keys, as an "on duplicate key update" would.
   */
  #overlap(change: RowsChange, table: TargetTable): void {
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

  #extend(kind: Run["kind"], table: TargetTable, row: Row): void {
    if (this.#run?.kind === kind && this.#run.table === table && !this.#careful) {
      this.#run.rows.push(row);
      return;
    }
    this.#flush();
    this.#run = { kind, table, rows: [row] };
  }

  #update(table: TargetTable, before: Row, after: Row): void {
    this.#setLenient(table, [after]);
    this.#push(updateSql(table, before, after), 1, () => told("update", table, [before]));
  }

  #flush(): void {
    if (this.#run === undefined) return;
    const { kind, table, rows } = this.#run;
    this.#run = undefined;
    for (const some of sized(rows)) {
      if (kind === "insert") {
        this.#setLenient(table, some);
        this.#push(insertSql(table, some), some.length, () => told("insert into", table, some));
      } else {
        this.#push(removeSql(table, some), some.length, () => told("delete from", table, some));
      }
    }
  }

  #push(sql: string, rows: number | undefined, what: () => string): void {
    this.#flush();
    this.#done.push({ sql, rows, what });
  }

  #setChecks(checks: Checks): void {
    const { foreignKeys, unique, constraints } = checks;
    const now = this.#checks;
    if (foreignKeys === now.foreignKeys && unique === now.unique && constraints === now.constraints) return;
    this.#push(checksSql(checks), undefined, () => "session");
    this.#checks = checks;
  }

  /** An invalid value of an ENUM is refused by a strict session, which protects everything else from being changed on its way in. */
  #setLenient(table: TargetTable, rows: readonly Row[]): void {
    const enums = table.written.filter((place) => table.schema.columns[place]?.type === "enum");
    this.#setLenientTo(rows.some((row) => enums.some((place) => row[place] === 0)));
  }

  #setLenientTo(lenient: boolean): void {
    if (lenient === this.#lenient) return;
    this.#push(sqlModeSql(lenient), undefined, () => "session");
    this.#lenient = lenient;
  }
}

function imageAt(change: RowsChange, index: number): Row {
  const image = change.after?.[index];
  if (image === undefined) throw new HotsiteError("bad-record", "an update without its second image");
  return image;
}
