/** One word, name, string or sign of a statement; comments are gone. */
export interface Token {
  readonly kind: "word" | "name" | "string" | "sign";
  /** A word in upper case, a name without its quotes. */
  readonly text: string;
  /** A word as it is written, for a name that is not quoted. */
  readonly written: string;
  /** Where it begins in the statement, and where it ends. */
  readonly start: number;
  readonly end: number;
}

const pattern = new RegExp(
  [
    String.raw`(?<comment>--[ \t][^\n]*|--\n|#[^\n]*|/\*(?!M?!)[\s\S]*?\*/)`,
    // What `/*!` holds is executed: its brackets alone are dropped.
    String.raw`(?<executed>/\*M?!\d*|\*/)`,
    "`(?<name>(?:[^`]|``)*)`",
    `(?<string>'(?:[^'\\\\]|\\\\[\\s\\S]|'')*'|"(?:[^"\\\\]|\\\\[\\s\\S]|"")*")`,
    String.raw`(?<word>[\p{L}\p{N}_$@]+)`,
    String.raw`(?<sign>[^\s])`,
  ].join("|"),
  "gu",
);

/** The tokens of a statement, or the first ones. */
export function tokensOf(sql: string, ansi: boolean, limit = Infinity): readonly Token[] {
  const tokens: Token[] = [];
  for (const { 0: text, groups = {}, index } of sql.matchAll(pattern)) {
    const token = tokenOf(groups, ansi);
    if (token !== undefined) tokens.push({ ...token, start: index, end: index + text.length });
    if (tokens.length === limit) break;
  }
  return tokens;
}

function tokenOf(groups: Record<string, string | undefined>, ansi: boolean): Unplaced | undefined {
  const { name, string, word, sign } = groups;
  if (name !== undefined) return named(name.replaceAll("``", "`"));
  if (string?.startsWith('"') === true && ansi) return named(string.slice(1, -1).replaceAll('""', '"'));
  if (string !== undefined) return { kind: "string", text: string, written: string };
  if (word !== undefined) return { kind: "word", text: word.toUpperCase(), written: word };
  return sign === undefined ? undefined : { kind: "sign", text: sign, written: sign };
}

type Unplaced = Omit<Token, "start" | "end">;

function named(text: string): Unplaced {
  return { kind: "name", text, written: text };
}
