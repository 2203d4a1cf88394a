import { HotsiteError } from "../../core/errors.ts";
import type { Selection } from "../selection/selection.ts";
import type { BinlogEvent } from "./event.ts";
import type { GtidEvent } from "./gtid.ts";
import { Reader } from "./reader.ts";
import { tableIdOf } from "./rows.ts";
import { readTableName } from "./table-map.ts";

/**
 * What others have written is passed over: it came by replication. Only, it may not be of what is carried while a link reads: the target would
 * never get it.
 */
export class Strangers {
  readonly #selection: Selection;
  /** Of the present transaction: tables that are carried, by the number that events give them. */
  readonly #tables = new Map<number, string>();

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  begin(): void {
    this.#tables.clear();
  }

  map({ body }: BinlogEvent): void {
    const name = readTableName(new Reader(body));
    if (this.#selection.hasTable(name)) this.#tables.set(name.id, `${name.database}.${name.table}`);
  }

  /** Throws "stranger" when the rows are of a table that is carried. */
  rows(event: BinlogEvent, gtid: GtidEvent): void {
    const table = this.#tables.get(tableIdOf(event));
    if (table !== undefined) throw stranger(`rows of ${table}`, gtid);
  }
}

/** Somebody's replication, or a session that gives its transactions GTIDs of its own. */
export function stranger(what: string, { origin }: GtidEvent): HotsiteError {
  const whose = typeof origin === "number" ? `GTID domain ${origin}` : `the GTIDs of ${origin}`;
  return new HotsiteError(
    "stranger",
    `${what} were written in ${whose}, which the source does not write itself`,
    {
      hint: "end what replicates into the source, or sets gtid_domain_id or gtid_next in its session (mysqlbinlog does); then hotsite replication skip and verify --repair, or reseed. When the source's own gtid_domain_id was changed: hotsite replication resume",
    },
  );
}
