import type { Flavour } from "../flavour.ts";
import { withoutManner } from "./manner.ts";
import { tableText } from "./table.ts";
import { after, piecesOf, textOf, upper, type Piece } from "./pieces.ts";

/** What the other kind of server knows. */
export interface Dialect {
  readonly to: Flavour;
  /** Its name of a collation; undefined where it has none like it. */
  collation(name: string): string | undefined;
  /** Called for what it cannot be told. */
  refuse(problem: string): never;
}

/** A statement of the one kind of server as the other one understands it. What is in texts and names stays as it is. */
export function translated(sql: string, dialect: Dialect): string {
  const pieces = withCollations(unwrapped(piecesOf(sql), dialect), dialect);
  if (hasManner.test(sql)) return textOf(withoutManner(pieces));
  return /^\s*CREATE\b[^(]*?\bTABLE\b/i.test(sql) ? tableText(pieces, dialect) : textOf(pieces);
}

const hasManner = /^\s*(ALTER\b[^(]*?\bTABLE|(CREATE|DROP)\b[^(]*?\bINDEX)\b/i;

const droppable = new Set([
  ...["TABLE", "TABLES", "VIEW", "DATABASE", "SCHEMA", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"],
]);

/** Of `DROP TABLE a, b` a MariaDB drops those that it has and does not say which; MySQL would drop none. */
export function droppingWhatIsThere(sql: string): string {
  const pieces = piecesOf(sql);
  const verb = after(pieces, -1);
  const object = after(pieces, verb);
  const name = after(pieces, object);
  if (upper(pieces[verb]) !== "DROP" || !droppable.has(upper(pieces[object]))) return sql;
  if (upper(pieces[name]) === "IF") return sql;
  return `${textOf(pieces.slice(0, name))}IF EXISTS ${textOf(pieces.slice(name))}`;
}

function withCollations(pieces: readonly Piece[], dialect: Dialect): readonly Piece[] {
  const places = new Set(
    pieces.flatMap((piece, place) => (upper(piece) === "COLLATE" ? [valuePlace(pieces, place)] : [])),
  );
  return pieces.map((piece, place) => (places.has(place) ? renamed(piece, dialect) : piece));
}

/** Of an option with or without an equals sign. */
export function valuePlace(pieces: readonly Piece[], place: number): number {
  const next = after(pieces, place);
  return pieces[next]?.text === "=" ? after(pieces, next) : next;
}

function renamed(piece: Piece, dialect: Dialect): Piece {
  const name = piece.text.replaceAll(/^['"`]|['"`]$/g, "");
  const known = dialect.collation(name) ?? dialect.refuse(`it has no collation like ${name}`);
  return known === name.toLowerCase() ? piece : { kind: "word", text: known };
}

/** Comments that the source has executed: the target would take them for comments, so their brackets go. */
function unwrapped(pieces: readonly Piece[], dialect: Dialect): readonly Piece[] {
  const result: Piece[] = [];
  const brackets: boolean[] = [];
  for (let place = 0; place < pieces.length; place += 1) {
    const piece = pieces[place];
    if (piece === undefined) break;
    if (piece.kind === "open") {
      const end = pieces.findIndex(({ kind }, index) => index > place && kind === "close");
      const kept = rewritten(piece, textOf(pieces.slice(place + 1, end === -1 ? undefined : end)), dialect);
      if (kept !== undefined) {
        result.push({ kind: "word", text: kept });
        place = end === -1 ? pieces.length : end;
        continue;
      }
      brackets.push(isForeign(piece, dialect.to));
    }
    const dropped = piece.kind === "open" ? brackets.at(-1) : piece.kind === "close" && brackets.pop();
    if (dropped !== true) result.push(piece);
  }
  return result;
}

/** Each kind of server passes over the other's version numbers. */
function isForeign({ text }: Piece, to: Flavour): boolean {
  if (text.startsWith("/*M!")) return to === "mysql";
  const version = Number(text.slice(3));
  return to === "mysql" ? version >= firstOfMariadb : version >= 50_700 && version < firstOfMariadb;
}

const firstOfMariadb = 100_000;

/** What becomes of one such comment as a whole; undefined: its content is kept. */
function rewritten(open: Piece, content: string, { to, refuse }: Dialect): string | undefined {
  if (!isForeign(open, to)) return undefined;
  const said = content.trim().toUpperCase();
  const version = Number(open.text.replace(/^\D*/, ""));
  if (to === "mysql") return said === "COMPRESSED" ? "" : undefined;
  if (said === "NOT ENFORCED") refuse("it enforces every CHECK");
  if (said === "INVISIBLE") return version < columnsInvisible ? "IGNORED" : "INVISIBLE";
  const [, srid] = /^SRID (\d+)$/.exec(said) ?? [];
  if (srid !== undefined) return `REF_SYSTEM_ID=${srid}`;
  // How a server stores it is its own affair.
  return /^(DEFAULT )?ENCRYPTION|ENGINE_ATTRIBUTE|^(STORAGE|COLUMN_FORMAT|AUTOEXTEND_SIZE|COMPRESSION)\b/.test(
    said,
  )
    ? ""
    : undefined;
}

/** Before it, only indexes could be so. */
const columnsInvisible = 80_023;
