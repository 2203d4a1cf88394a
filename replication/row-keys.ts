import type { RowsChange } from "./record.ts";
import { bytesTextAt, isNullAt, sqlAt, type RowImage } from "./row-image.ts";
import { columnAt, sameValues, type TargetTable } from "./row-sql.ts";
import type { Fold, TableKey, TableKeys } from "./table-keys.ts";

/** What a change has to do with others, as texts. */
export interface Touched {
  /** No other change that touches it may pass. */
  readonly owns: readonly string[];
  /** Only one that owns it may not pass. */
  readonly leansOn: readonly string[];
  /** The primary key of the row as it is then, see `primaryText`. */
  readonly primary: string;
}

/** The primary key of a row. */
export function primaryText(table: TargetTable, row: RowImage): string {
  const [primary] = table.keys.owned;
  return primary === undefined ? "" : (valueText(table, primary, row) ?? "");
}

/** The primary key where a change has to do with others by that alone; undefined where more has to be looked at. */
export function onlyText(table: TargetTable, row: RowImage, after?: RowImage): string | undefined {
  const { owned, references, family, places } = table.keys;
  const [primary] = owned;
  if (primary === undefined || owned.length > 1 || references.length > 0 || family !== undefined)
    return undefined;
  if (primary.foldsLetters || (after !== undefined && !sameValues(places, row, after))) return undefined;
  return valueText(table, primary, row);
}

/** `after`: of an update the image after it. */
export function touched(
  table: TargetTable,
  kind: RowsChange["kind"],
  row: RowImage,
  after?: RowImage,
): Touched {
  const { keys } = table;
  const owns: string[] = [];
  const leansOn: string[] = [];
  if (after !== undefined) addImage(table, row, owns, leansOn);
  const primary = addImage(table, after ?? row, owns, leansOn);
  if (keys.family !== undefined) (cascades(keys, kind, row, after) ? owns : leansOn).push(keys.family);
  return { owns, leansOn, primary };
}

/** Gives the primary key. */
function addImage(table: TargetTable, image: RowImage, owns: string[], leansOn: string[]): string {
  const { owned, references } = table.keys;
  let primary: string | undefined;
  for (const key of owned) {
    const text = add(table, key, image, owns, leansOn);
    if (key === owned[0]) primary = text;
  }
  for (const key of references) add(table, key, image, leansOn, leansOn);
  return primary ?? "";
}

function cascades(keys: TableKeys, kind: RowsChange["kind"], row: RowImage, after?: RowImage): boolean {
  if (after === undefined) return kind === "delete" && keys.cascadesOnDelete;
  return !sameValues(keys.cascadesOnUpdate, row, after);
}

/** Gives the text of the key. */
function add(
  table: TargetTable,
  key: TableKey,
  image: RowImage,
  into: string[],
  leansOn: string[],
): string | undefined {
  const text = valueText(table, key, image);
  if (text === undefined) return undefined;
  into.push(text);
  // A value that may be equal to others in ways that are not known here keeps its place among all of them.
  if (key.foldsLetters && text !== anyOf(key)) leansOn.push(anyOf(key));
  return text;
}

function anyOf({ name }: TableKey): string {
  return `${name}:`;
}

/** Undefined where a part is NULL: it is equal to no other then. */
function valueText(table: TargetTable, key: TableKey, row: RowImage): string | undefined {
  let text = anyOf(key);
  for (const [index, place] of key.places.entries()) {
    if (isNullAt(row, place)) return undefined;
    const part = partText(table, row, place, key.folds[index] ?? "none");
    if (part === undefined) return anyOf(key);
    text += `${part.length},${part}`;
  }
  return text;
}

/** Undefined where it cannot be told apart from others. */
function partText(table: TargetTable, row: RowImage, place: number, fold: Fold): string | undefined {
  if (fold === "none") return "";
  const column = columnAt(table, place);
  const text = column.type === "text" || column.type === "bytes" ? bytesTextAt(row, place) : undefined;
  if (text === undefined) return sqlAt(row, place, column);
  if (fold === "bytes") return text.replace(/ +$/, "");
  return /^[ -~]*$/.test(text) ? text.replace(/ +$/, "").toLowerCase() : undefined;
}
