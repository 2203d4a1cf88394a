/** A part of a statement's text; all of them put together are the statement again. */
export interface Piece {
  /** `open` and `close` are the brackets of a comment that servers of some version execute. */
  readonly kind: "space" | "comment" | "open" | "close" | "name" | "string" | "word" | "sign";
  readonly text: string;
}

const pattern = new RegExp(
  [
    String.raw`(?<space>\s+)`,
    String.raw`(?<comment>--[ \t][^\n]*|--\n|#[^\n]*|/\*(?!M?!)[\s\S]*?\*/)`,
    String.raw`(?<open>/\*M?!\d*)`,
    String.raw`(?<close>\*/)`,
    "(?<name>`(?:[^`]|``)*`)",
    `(?<string>'(?:[^'\\\\]|\\\\[\\s\\S]|'')*'|"(?:[^"\\\\]|\\\\[\\s\\S]|"")*")`,
    String.raw`(?<word>[\p{L}\p{N}_$@]+)`,
    String.raw`(?<sign>[\s\S])`,
  ].join("|"),
  "gu",
);

export function piecesOf(sql: string): readonly Piece[] {
  return [...sql.matchAll(pattern)].map(({ groups = {}, 0: text }) => ({
    kind: kinds.find((kind) => groups[kind] !== undefined) ?? "sign",
    text,
  }));
}

const kinds = ["space", "comment", "open", "close", "name", "string", "word", "sign"] as const;

export function textOf(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join("");
}

/** Of a word in upper case, of anything else as it is. */
export function upper(piece: Piece | undefined): string {
  return piece?.kind === "word" ? piece.text.toUpperCase() : (piece?.text ?? "");
}

/** Place of the next piece after `from` that is neither space nor comment; beyond the end when there is none. */
export function after(pieces: readonly Piece[], from: number): number {
  let place = from + 1;
  while (["space", "comment"].includes(pieces[place]?.kind ?? "")) place += 1;
  return place;
}

/** Place of the bracket that closes the one at `open`; beyond the end when none does. */
export function closing(pieces: readonly Piece[], open: number): number {
  let depth = 0;
  for (let place = open; place < pieces.length; place += 1) {
    if (pieces[place]?.text === "(") depth += 1;
    if (pieces[place]?.text === ")") depth -= 1;
    if (depth === 0) return place;
  }
  return pieces.length;
}
