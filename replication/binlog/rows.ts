import type { Checks, RowsChange } from "../record.ts";
import { uncompressed } from "./compressed.ts";
import { eventTypes, type BinlogEvent } from "./event.ts";
import { countImages, type PackedTable } from "./packed-rows.ts";
import { badEvent, Reader, unsupported } from "./reader.ts";

/** The rows of one event, as it has them. */
export interface RowsOfEvent {
  readonly kind: RowsChange["kind"];
  readonly bytes: Buffer;
  readonly checks: Checks;
}

/** How the bytes behind the flags are laid out: as MariaDB writes them, with a block of more facts before the columns (MySQL), or compressed. */
type Layout = "plain" | "extended" | "compressed";

const kinds: Readonly<Record<number, { kind: RowsChange["kind"]; layout: Layout }>> = {
  [eventTypes.writeRows]: { kind: "insert", layout: "plain" },
  [eventTypes.updateRows]: { kind: "update", layout: "plain" },
  [eventTypes.deleteRows]: { kind: "delete", layout: "plain" },
  [eventTypes.writeRowsV2]: { kind: "insert", layout: "extended" },
  [eventTypes.updateRowsV2]: { kind: "update", layout: "extended" },
  [eventTypes.deleteRowsV2]: { kind: "delete", layout: "extended" },
  [eventTypes.writeRowsCompressed]: { kind: "insert", layout: "compressed" },
  [eventTypes.updateRowsCompressed]: { kind: "update", layout: "compressed" },
  [eventTypes.deleteRowsCompressed]: { kind: "delete", layout: "compressed" },
};

export function isRowsEvent(type: number): boolean {
  return kinds[type] !== undefined;
}

/** The table that the rows belong to, by the number that its TABLE_MAP gave it. */
export function tableIdOf({ body }: BinlogEvent): number {
  return new Reader(body).uint(6);
}

/** Whether nothing more of its statement follows. */
export function endsStatement({ body }: BinlogEvent): boolean {
  return (new Reader(body, 6).uint(2) & 0x01) !== 0;
}

/** Finds all rows. Throws "unsupported-event" when the images are not full. */
export function readRows(event: BinlogEvent, table: PackedTable): RowsOfEvent {
  const { kind, layout } = kinds[event.type] ?? badKind(event.type);
  const reader = new Reader(event.body, 6);
  const flags = reader.uint(2);
  // Its length counts itself: partitions and the like, which mean nothing elsewhere.
  if (layout === "extended") reader.skip(Math.max(0, reader.uint(2) - 2));
  const width = reader.length();
  if (width !== table.fields.length) throw badEvent(`rows of ${width} columns`);
  for (let image = 0; image < (kind === "update" ? 2 : 1); image += 1)
    requireAllPresent(reader, width, table);
  const rest = reader.take(reader.left);
  const bytes = layout === "compressed" ? uncompressed(rest) : rest;
  const count = countImages({ table, chunks: [bytes] });
  if (kind === "update" && count % 2 !== 0) throw badEvent("an update without its second image");
  return { kind, bytes, checks: checksOf(flags) };
}

function badKind(type: number): never {
  throw badEvent(`rows of type ${type}`);
}

/** An absent column would look like NULL. */
function requireAllPresent(reader: Reader, width: number, { schema }: PackedTable): void {
  const present = reader.take((width + 7) >> 3);
  if (areSet(present, width)) return;
  const absent = schema.columns.find((_, place) => (((present[place >> 3] ?? 0) >> (place & 7)) & 1) === 0);
  throw unsupported(
    `${schema.database}.${schema.table}: a row was written without column ${absent?.name ?? ""}`,
    "some session sets binlog_row_image: SET GLOBAL binlog_row_image = FULL, take the privilege away from it, then make a new first copy",
  );
}

/** Whether the first `count` bits are set. */
function areSet(bits: Buffer, count: number): boolean {
  const whole = count >> 3;
  for (let byte = 0; byte < whole; byte += 1) if (bits[byte] !== 0xff) return false;
  const rest = (1 << (count & 7)) - 1;
  return ((bits[whole] ?? 0) & rest) === rest;
}

function checksOf(flags: number): Checks {
  return {
    foreignKeys: (flags & 0x02) === 0,
    unique: (flags & 0x04) === 0,
    constraints: (flags & 0x80) === 0,
  };
}
