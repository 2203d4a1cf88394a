import type { Log } from "../../core/log.ts";
import type { LinkOrder } from "../../core/protection.ts";
import { encodeBatch } from "../../replication/batch.ts";
import type { Flavour } from "../../replication/flavour.ts";
import type {
  Change,
  Checks,
  ColumnSchema,
  CopyProgress,
  Row,
  RowsChange,
  StatementChange,
  StreamRecord,
  TableSchema,
} from "../../replication/record.ts";
import { TextRows } from "../../replication/text-rows.ts";

export const checks: Checks = { foreignKeys: true, unique: true, constraints: true };

/** A column of a table in a test. */
export function column(
  name: string,
  type: ColumnSchema["type"],
  more: Partial<ColumnSchema> = {},
): ColumnSchema {
  return {
    name,
    type,
    nullable: true,
    unsigned: false,
    ...(type === "text" ? { charset: "utf8mb4" } : {}),
    ...more,
  };
}

/** `shop.t (id INT PRIMARY KEY, v INT)`. */
export const plainTable: TableSchema = {
  database: "shop",
  table: "t",
  columns: [column("id", "int"), column("v", "int")],
  primaryKey: [0],
};

export function insert(...rows: Row[]): RowsChange {
  return { kind: "insert", table: 0, rows, checks };
}

export function remove(...rows: Row[]): RowsChange {
  return { kind: "delete", table: 0, rows, checks };
}

export function update(before: Row, after: Row): RowsChange {
  return { kind: "update", table: 0, rows: [before], after: [after], checks };
}

export function statement(sql: string, more: Partial<StatementChange> = {}): StatementChange {
  return {
    kind: "statement",
    sql,
    database: "shop",
    sqlMode: 0,
    collationConnection: 45,
    collationServer: 45,
    timestamp: 1_700_000_000,
    checks,
    ...more,
  };
}

/** Omit that keeps the members of a union apart. */
type Unnumbered<T> = T extends unknown ? Omit<T, "seq"> : never;

/** How a source of each kind names its transactions. */
export const sources = {
  mariadb: {
    gtid: (number: number) => `1-1-${number}`,
    position: (number: number) => `1-1-${number}`,
  },
  mysql: {
    gtid: (number: number) => `${sourceUuid}:${number}`,
    position: (number: number) => `${sourceUuid}:1${number === 1 ? "" : `-${number}`}`,
  },
} as const;

const sourceUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

/** Writes records by hand, numbering them and their GTIDs as a source would. */
export class HandFeeder {
  readonly #log: Log;
  readonly #order: LinkOrder;
  readonly #tables: readonly TableSchema[];
  readonly #source: (typeof sources)[Flavour];
  #sequence = 0;
  #transaction = 0;

  constructor(
    log: Log,
    order: LinkOrder,
    tables: readonly TableSchema[] = [plainTable],
    source: Flavour = "mariadb",
  ) {
    this.#source = sources[source];
    this.#log = log;
    this.#order = order;
    this.#tables = tables;
  }

  /** Position of the last transaction. */
  get position(): string {
    return this.#transaction === 0 ? "" : this.#source.position(this.#transaction);
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Each list of changes is one transaction; all in one batch. */
  async transactions(...list: (readonly Change[])[]): Promise<void> {
    await this.records(...list.map((changes) => this.transaction(changes)));
  }

  /** A transaction, or a part of the present one. */
  transaction(changes: readonly Change[], part = 1, last = true): Unnumbered<StreamRecord> {
    if (part === 1) this.#transaction += 1;
    return {
      kind: "transaction",
      gtid: this.#source.gtid(this.#transaction),
      commitMs: 0,
      part,
      last,
      changes,
    };
  }

  async records(...list: Unnumbered<StreamRecord>[]): Promise<void> {
    await this.batch(list);
  }

  async batch(list: readonly Unnumbered<StreamRecord>[], copy?: CopyProgress): Promise<void> {
    const first = this.#sequence + 1;
    const records = list.map((record) => ({ ...record, seq: (this.#sequence += 1) }));
    const payload = encodeBatch({
      position: this.position,
      tables: this.#tables,
      records,
      ...(copy === undefined ? {} : { copy }),
    });
    const { stream, epoch } = this.#order;
    await this.#log.append({ stream, epoch, first, last: this.#sequence, payload });
  }
}

/** Rows of a first copy, of values as a SELECT shows them. */
export function textRows(rows: readonly (readonly (string | number | Buffer | null)[])[]): TextRows {
  const field = (value: string | number | Buffer | null): Buffer => {
    if (value === null) return Buffer.of(0xfb);
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
    return Buffer.concat([lengthOf(bytes.length), bytes]);
  };
  return new TextRows(Buffer.concat(rows.flat().map(field)), rows.length);
}

function lengthOf(length: number): Buffer {
  return length < 0xfb ? Buffer.of(length) : Buffer.of(0xfc, length & 0xff, length >> 8);
}
