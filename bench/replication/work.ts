/** One row of a table of the bench. About 200 bytes, with text outside ASCII and a secondary index. */
export interface BenchRow {
  readonly id: number;
  readonly n: number;
  readonly code: string;
  readonly amount: string;
  readonly note: string;
  readonly at: string;
}

export interface Operation {
  readonly kind: "insert" | "update" | "delete";
  readonly table: string;
  /** Of a delete, the row that goes. */
  readonly row: BenchRow;
}

/** What a source does before the clock starts. The same for every run. */
export interface Work {
  readonly name: string;
  /** Rows that both sides have already. */
  readonly preloaded: ReadonlyMap<string, readonly BenchRow[]>;
  /** What each writer does, one transaction after the other, all writers at once. */
  readonly writers: readonly (readonly Operation[])[];
  /** Rows of one transaction that inserts them all, with ids from 1; 0 for none. Made as they are written: a million would not fit. */
  readonly bulk: number;
  /** Rows that the operations write, markers not counted. */
  readonly rows: number;
}

export const database = "bench";
export const tables: readonly string[] = ["t1", "t2", "t3", "t4"];
/** Beyond all other rows; written last. */
export const markerId = 10 ** 15;

const writers = 16;

export function tableSql(table: string, into: string): string {
  return `CREATE TABLE ${into}.${table} (id BIGINT NOT NULL PRIMARY KEY, n INT NOT NULL, code VARCHAR(20) NOT NULL,
    amount DECIMAL(12,2) NOT NULL, note VARCHAR(200) NOT NULL, at DATETIME(6) NOT NULL, KEY (n)) ENGINE=InnoDB CHARACTER SET utf8mb4`;
}

/** Single-row inserts, each a transaction. */
export function inserts(name: string, count: number): Work {
  const lists = perWriter((writer) =>
    range(share(count, writer)).map((step) => ({
      ...{ kind: "insert" as const, table: tableOf(step), row: rowOf(1 + writer + writers * step) },
    })),
  );
  return { name, preloaded: new Map(), writers: lists, bulk: 0, rows: count };
}

/** Single-row transactions on preloaded rows: half inserts, three tenths updates, two tenths deletes. */
export function mixed(name: string, count: number, preload: number): Work {
  const preloaded = preloadedRows(preload);
  const lists = perWriter((writer) => mixedOf(writer, share(count, writer), preload, preloaded));
  return { name, preloaded, writers: lists, bulk: 0, rows: count };
}

/** One transaction that inserts so many rows. */
export function large(name: string, count: number): Work {
  return { name, preloaded: new Map(), writers: [], bulk: count, rows: count };
}

/** The rows of a large transaction, table after table, in lists of at most `most`. */
export function* bulkRows(
  count: number,
  most: number,
): Generator<{ readonly table: string; readonly rows: readonly BenchRow[] }> {
  const each = Math.ceil(count / tables.length);
  for (const [place, table] of tables.entries()) {
    const end = Math.min(count, (place + 1) * each);
    for (let first = place * each; first < end; first += most)
      yield { table, rows: range(Math.min(most, end - first)).map((step) => rowOf(1 + first + step)) };
  }
}

export function preloadedRows(count: number): Map<string, BenchRow[]> {
  const rows = new Map(tables.map((table) => [table, [] as BenchRow[]]));
  for (const step of range(count)) rows.get(tableOf(step))?.push(rowOf(1 + step));
  return rows;
}

/** Each writer has rows of its own, so that writers never wait for each other and the end is the same whatever their order. */
function mixedOf(
  writer: number,
  count: number,
  preload: number,
  preloaded: ReadonlyMap<string, readonly BenchRow[]>,
): Operation[] {
  const random = new Random(writer + 1);
  const own = tables.flatMap((table) =>
    (preloaded.get(table) ?? []).filter(({ id }) => id % writers === writer).map((row) => ({ table, row })),
  );
  return range(count).map((step) => {
    const dice = random.below(10);
    const fresh = { table: tableOf(step), row: rowOf(preload + 1 + writer + writers * step) };
    const place = random.below(own.length);
    const known = own[place];
    if (dice < 5 || known === undefined) {
      own.push(fresh);
      return { kind: "insert", ...fresh };
    }
    if (dice < 8) {
      const row = changed(known.row, random);
      own[place] = { ...known, row };
      return { kind: "update", table: known.table, row };
    }
    const last = own.pop();
    if (last !== undefined && last !== known) own[place] = last;
    return { kind: "delete", ...known };
  });
}

export function rowOf(id: number): BenchRow {
  const random = new Random(id);
  const words = range(8 + random.below(8)).map(() => vocabulary[random.below(vocabulary.length)] ?? "");
  return {
    id,
    n: random.below(1_000_000),
    code: `ORD-${random.below(2 ** 31).toString(36)}`,
    amount: money(random),
    note: words.join(" "),
    at: `2026-0${1 + random.below(9)}-1${random.below(10)} 1${random.below(10)}:2${random.below(10)}:3${random.below(10)}.${String(random.below(1_000_000)).padStart(6, "0")}`,
  };
}

/** What an application changes of an order: not its text. */
function changed(row: BenchRow, random: Random): BenchRow {
  return { ...row, n: random.below(1_000_000), amount: money(random) };
}

function money(random: Random): string {
  return `${random.below(100_000)}.${String(random.below(100)).padStart(2, "0")}`;
}

const vocabulary = (
  "Lieferung Rechnung geprüft Käufer wünscht Rückruf später Straße Größe Übergabe nächste Woche été livré commande " +
  "reçue à l'heure adresse erronée señal pedido año niño colis retourné ostoskori tilaus hyväksytty myöhemmin paketti " +
  "order shipped partial refund waiting for stock customer called back address changed gift wrapped urgent please " +
  "заказ отправлен клиент доставка завтра оплачено 注文 発送 確認 済み 東京 大阪 price agreed invoice sent twice checked"
).split(" ");

/** Repeatable. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995;
  }

  /** From 0 up to `limit`, exclusive. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }
}

function tableOf(step: number): string {
  return tables[step % tables.length] ?? "";
}

function perWriter<T>(list: (writer: number) => T): T[] {
  return range(writers).map(list);
}

function share(count: number, writer: number): number {
  return Math.floor(count / writers) + (writer < count % writers ? 1 : 0);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, place) => place);
}
