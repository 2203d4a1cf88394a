import { PackedImage, images, packedRows, type PackedRows } from "./binlog/packed-rows.ts";
import type { Checks, RowsChange } from "./record.ts";
import type { RowImage } from "./row-image.ts";
import { onlyText, primaryText, touched, type Touched } from "./row-keys.ts";
import { sameValues, type TargetTable } from "./row-sql.ts";
import { sameChecks } from "./session.ts";

/** Changes of one kind to one table, which make few statements. */
export interface Run {
  readonly kind: RowsChange["kind"];
  readonly table: TargetTable;
  readonly checks: Checks;
  readonly rows: RowImage[];
  /** Of updates: the images after them, in step with `rows`. */
  readonly after: RowImage[];
}

interface PlacedRun extends Run {
  readonly index: number;
}

type Layer = Readonly<Record<Run["kind"], PlacedRun>>;

/** What is known of a text that changes have to do with. */
interface Mark {
  /** The last run that owns it, and the last one that leans on it; -1 for none. */
  owned: number;
  leanedOn: number;
  /** Of the primary key of a row: where its last change went, so that a later one can join it. */
  run: PlacedRun | undefined;
  at: number;
}

/**
 * Gathers the changes of many transactions into few runs. A change goes to the last run of its kind and table, past others, unless one of
 * them has to do with the same value of a key, its own or a parent's: then it stays behind that one, and the end is the same as in the
 * stream's order. What two changes may have to do with each other beyond that, the server tells: it refuses the statement, or counts other
 * rows. Only cascades would be silent, so they stay in order.
 */
export class Plan {
  readonly #runs: PlacedRun[] = [];
  /** The newest runs of each table. */
  readonly #layers = new Map<TargetTable, Layer>();
  readonly #marks = new Map<string, Mark>();
  /** The last run that is in use, and the last one that nothing may pass. */
  #last = -1;
  #barrier = -1;

  add(change: RowsChange, table: TargetTable): void {
    const packed = packedRows(change);
    if (packed !== undefined) this.#addPacked(change, packed, table);
    else
      for (const [index, row] of change.rows.entries()) this.#add(change, table, row, change.after?.[index]);
  }

  /** In the order in which they are to be run. */
  runs(): readonly Run[] {
    return this.#runs.filter(({ rows }) => rows.length > 0);
  }

  /** A loop without detours: nearly all rows come this way. */
  #addPacked(change: RowsChange, { table: packed, chunks }: PackedRows, table: TargetTable): void {
    let before: PackedImage | undefined;
    for (const bytes of chunks) {
      for (let start = 0; start < bytes.length;) {
        const { end } = packed.locate(bytes, start);
        const image = new PackedImage(packed, bytes, start, end);
        start = end;
        if (change.kind !== "update") this.#add(change, table, image);
        else if (before === undefined) before = image;
        else {
          this.#add(change, table, before, image);
          before = undefined;
        }
      }
    }
  }

  #add({ kind, checks }: RowsChange, table: TargetTable, row: RowImage, after?: RowImage): void {
    if (after === undefined) this.#place(kind, table, checks, row);
    else this.#update(table, checks, row, after);
  }

  /** An update that others have nothing to do with becomes part of the change before it of the same row. */
  #update(table: TargetTable, checks: Checks, before: RowImage, after: RowImage): void {
    const slot = this.#marks.get(primaryText(table, before));
    const alone = sameValues(table.keys.places, before, after);
    if (slot?.run === undefined || !alone || !this.#takes(slot, slot.run, table, checks)) {
      this.#place("update", table, checks, before, after);
      return;
    }
    const images = slot.run.kind === "update" ? slot.run.after : slot.run.rows;
    images[slot.at] = after;
  }

  /** Whether nothing has to come between the change there and another one of its row. */
  #takes({ owned }: Mark, run: PlacedRun, { keys }: TargetTable, checks: Checks): boolean {
    const family = keys.family === undefined ? -1 : this.#mark(keys.family).owned;
    return (
      run.kind !== "delete" &&
      owned === run.index &&
      Math.max(family, this.#barrier) <= run.index &&
      inOrder(checks) === inOrder(run.checks) &&
      checks.constraints === run.checks.constraints
    );
  }

  #place(kind: Run["kind"], table: TargetTable, checks: Checks, row: RowImage, after?: RowImage): void {
    const only = onlyText(table, row, after);
    const touches = only === undefined ? touched(table, kind, row, after) : undefined;
    const slot = this.#mark(only ?? touches?.primary ?? "");
    const before = touches === undefined ? lastOf(slot, this.#barrier) : this.#behind(touches);
    const run = this.#runFor(kind, table, checks, inOrder(checks) ? this.#last : before);
    if (touches === undefined) slot.owned = run.index;
    else {
      for (const text of touches.owns) this.#mark(text).owned = run.index;
      for (const text of touches.leansOn) this.#mark(text).leanedOn = run.index;
    }
    if (inOrder(checks)) this.#barrier = run.index;
    this.#last = Math.max(this.#last, run.index);
    run.rows.push(row);
    if (after !== undefined) run.after.push(after);
    slot.run = run;
    slot.at = run.rows.length - 1;
  }

  #mark(text: string): Mark {
    const known = this.#marks.get(text);
    if (known !== undefined) return known;
    const mark = { owned: -1, leanedOn: -1, run: undefined, at: -1 };
    this.#marks.set(text, mark);
    return mark;
  }

  #behind({ owns, leansOn }: Touched): number {
    let behind = this.#barrier;
    for (const text of owns) {
      const mark = this.#marks.get(text);
      if (mark !== undefined) behind = lastOf(mark, behind);
    }
    for (const text of leansOn) behind = Math.max(behind, this.#marks.get(text)?.owned ?? -1);
    return behind;
  }

  /** Rows of an insert and of an update are taken in their order; a delete finds its own. */
  #runFor(kind: Run["kind"], table: TargetTable, checks: Checks, behind: number): PlacedRun {
    const run = this.#layers.get(table)?.[kind];
    const joins = kind !== "delete" || !table.keys.refersToItself;
    if (run !== undefined && sameChecks(run.checks, checks))
      if (run.index > behind || (run.index === behind && joins)) return run;
    return this.#newLayer(table, checks)[kind];
  }

  /** Rows that come and go again are inserted first. */
  #newLayer(table: TargetTable, checks: Checks): Layer {
    const run = (kind: Run["kind"]): PlacedRun => {
      const made = { index: this.#runs.length, kind, table, checks, rows: [], after: [] };
      this.#runs.push(made);
      return made;
    };
    const layer = { insert: run("insert"), update: run("update"), delete: run("delete") };
    this.#layers.set(table, layer);
    return layer;
  }
}

/** Each row, of an update with the image after it. */
export function* imagesOf(change: RowsChange): Generator<readonly [RowImage, RowImage?]> {
  const packed = packedRows(change);
  if (packed === undefined) {
    for (const [index, row] of change.rows.entries()) yield [row, change.after?.[index]];
    return;
  }
  let before: PackedImage | undefined;
  for (const place of images(packed)) {
    const image = new PackedImage(packed.table, ...place);
    if (change.kind !== "update") yield [image];
    else if (before !== undefined) yield [before, image];
    before = before === undefined ? image : undefined;
  }
}

/** The last run that has to do with the text, or the one that is given when that comes later. */
function lastOf({ owned, leanedOn }: Mark, least: number): number {
  return Math.max(least, owned, leanedOn);
}

/** Without these checks the server does not tell when an order was wrong. */
function inOrder({ foreignKeys, unique }: Checks): boolean {
  return !foreignKeys || !unique;
}
