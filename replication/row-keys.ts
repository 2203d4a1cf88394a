import type { Row, RowsChange, Value } from "./record.ts";
import { sameValues } from "./row-sql.ts";
import type { Fold, TableKey, TableKeys } from "./table-keys.ts";

/** What a change has to do with others, as texts. */
export interface Touched {
  /** No other change that touches it may pass. */
  readonly owns: readonly string[];
  /** Only one that owns it may not pass. */
  readonly leansOn: readonly string[];
}

/** The primary key of a row. */
export function primaryText({ owned: [primary] }: TableKeys, row: Row): string {
  return primary === undefined ? "" : (valueText(primary, row) ?? "");
}

/** `after`: of an update the image after it. */
export function touched(keys: TableKeys, kind: RowsChange["kind"], row: Row, after?: Row): Touched {
  const [owns, leansOn]: [string[], string[]] = [[], []];
  for (const image of after === undefined ? [row] : [row, after]) {
    for (const key of keys.owned) add(key, image, owns, leansOn);
    for (const key of keys.references) add(key, image, leansOn, leansOn);
  }
  if (keys.family !== undefined) (cascades(keys, kind, row, after) ? owns : leansOn).push(keys.family);
  return { owns, leansOn };
}

function cascades(keys: TableKeys, kind: RowsChange["kind"], row: Row, after?: Row): boolean {
  if (after === undefined) return kind === "delete" && keys.cascadesOnDelete;
  return !sameValues(keys.cascadesOnUpdate, row, after);
}

function add(key: TableKey, row: Row, into: string[], leansOn: string[]): void {
  const text = valueText(key, row);
  if (text === undefined) return;
  into.push(text);
  // A value that may be equal to others in ways that are not known here keeps its place among all of them.
  if (key.foldsLetters && text !== anyOf(key)) leansOn.push(anyOf(key));
}

function anyOf({ name }: TableKey): string {
  return `${name}:`;
}

/** Undefined where a part is NULL: it is equal to no other then. */
function valueText(key: TableKey, row: Row): string | undefined {
  let text = anyOf(key);
  for (const [index, place] of key.places.entries()) {
    const value = row[place] ?? null;
    if (value === null) return undefined;
    const part = partText(value, key.folds[index] ?? "none");
    if (part === undefined) return anyOf(key);
    text += `${part.length},${part}`;
  }
  return text;
}

/** Undefined where it cannot be told apart from others. */
function partText(value: Value, fold: Fold): string | undefined {
  if (fold === "none") return "";
  if (!(value instanceof Uint8Array)) return String(value);
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
  if (fold === "bytes") return text.replace(/ +$/, "");
  return /^[ -~]*$/.test(text) ? text.replace(/ +$/, "").toLowerCase() : undefined;
}
