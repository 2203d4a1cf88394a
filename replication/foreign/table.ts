import { after, closing, textOf, upper, type Piece } from "./pieces.ts";
import { valuePlace, type Dialect } from "./statement.ts";

/** A CREATE TABLE as the other kind of server understands it: its columns and keys one by one, then its options. */
export function tableText(pieces: readonly Piece[], dialect: Dialect): string {
  const open = pieces.findIndex(({ text }) => text === "(");
  if (open === -1) return textOf(pieces);
  const end = closing(pieces, open);
  const items = itemsOf(pieces.slice(open + 1, end));
  const told = items.map((item) => textOf(itemFor(item, dialect))).join(",");
  return textOf(pieces.slice(0, open + 1)) + told + textOf(withoutOptions(pieces.slice(end), dialect));
}

/** What commas outside of brackets separate. */
function itemsOf(pieces: readonly Piece[]): readonly (readonly Piece[])[] {
  const items: Piece[][] = [[]];
  let depth = 0;
  for (const piece of pieces) {
    if (piece.text === "(") depth += 1;
    if (piece.text === ")") depth -= 1;
    if (piece.text === "," && depth === 0) items.push([]);
    else items.at(-1)?.push(piece);
  }
  return items;
}

function itemFor(item: readonly Piece[], dialect: Dialect): readonly Piece[] {
  const first = item[after(item, -1)];
  if (first?.kind !== "name") return keyFor(item, upper(first), dialect);
  return dialect.to === "mysql" ? withDefault(item) : withoutNotNull(item);
}

/** MySQL's names of checks are those of the whole database; MariaDB gives the same ones in each table. MariaDB cannot index expressions. */
function keyFor(item: readonly Piece[], word: string, { to, refuse }: Dialect): readonly Piece[] {
  const name = after(item, after(item, -1));
  if (to === "mysql") {
    const made = word === "CONSTRAINT" && /^`CONSTRAINT_\d+`$/.test(item[name]?.text ?? "");
    const visible = item.map((piece) =>
      upper(piece) === "IGNORED" ? { ...piece, text: "INVISIBLE" } : piece,
    );
    return made ? visible.slice(name + 1) : visible;
  }
  const text = textOf(item);
  if (/^\s*(UNIQUE\s+)?(KEY|INDEX)\b/i.test(text) && /[(,]\s*\(/.test(text))
    refuse("it cannot index an expression");
  return item;
}

/** MySQL takes an expression, and anything for a column of unbounded size, in brackets only. */
function withDefault(item: readonly Piece[]): readonly Piece[] {
  const place = item.findIndex((piece) => upper(piece) === "DEFAULT");
  const value = after(item, place);
  const [head, next] = [item[value], item[after(item, value)]];
  if (place === -1 || head === undefined) return item;
  if (isCall(head, next)) return bracketed(item, value, closing(item, after(item, value)));
  if (
    unbounded.test(upper(item[after(item, after(item, -1))])) &&
    upper(head) !== "NULL" &&
    head.text !== "("
  )
    return bracketed(item, value, value);
  return item;
}

const unbounded = /TEXT$|BLOB$|^JSON$|^GEOMETRY|POINT$|POLYGON$|LINESTRING$/;

function isCall(head: Piece, next: Piece | undefined): boolean {
  return head.kind === "word" && next?.text === "(" && !["CURRENT_TIMESTAMP", "NOW"].includes(upper(head));
}

function bracketed(item: readonly Piece[], from: number, to: number): readonly Piece[] {
  const sign = (text: string): Piece => ({ kind: "sign", text });
  return [...item.slice(0, from), sign("("), ...item.slice(from, to + 1), sign(")"), ...item.slice(to + 1)];
}

/** MariaDB knows none of a generated column: it is what the expression gives. */
function withoutNotNull(item: readonly Piece[]): readonly Piece[] {
  if (!item.some((piece) => upper(piece) === "GENERATED")) return item;
  const not = item.findIndex(
    (piece, place) =>
      upper(piece) === "NOT" && upper(item[after(item, place)]) === "NULL" && depthAt(item, place) === 0,
  );
  return not === -1 ? item : [...item.slice(0, not), ...item.slice(after(item, not) + 1)];
}

function depthAt(pieces: readonly Piece[], place: number): number {
  const before = pieces.slice(0, place);
  return before.filter(({ text }) => text === "(").length - before.filter(({ text }) => text === ")").length;
}

/** How a server keeps a table is its own affair. */
const ownOptions: Readonly<Record<Dialect["to"], ReadonlySet<string>>> = {
  mysql: new Set([
    ...["PAGE_COMPRESSED", "PAGE_COMPRESSION_LEVEL", "ENCRYPTED", "ENCRYPTION_KEY_ID"],
    ...["PAGE_CHECKSUM", "TRANSACTIONAL", "IETF_QUOTES"],
  ]),
  mariadb: new Set([
    ...["COMPRESSION", "ENCRYPTION", "AUTOEXTEND_SIZE", "SECONDARY_ENGINE", "TABLESPACE"],
    ...["ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE"],
  ]),
};

function withoutOptions(pieces: readonly Piece[], { to }: Dialect): readonly Piece[] {
  const result: Piece[] = [];
  for (let place = 0; place < pieces.length; place += 1) {
    const piece = pieces[place];
    if (piece === undefined) break;
    const name = piece.text.replaceAll("`", "").toUpperCase();
    if (["word", "name"].includes(piece.kind) && ownOptions[to].has(name)) place = valuePlace(pieces, place);
    else result.push(piece);
  }
  return result;
}
