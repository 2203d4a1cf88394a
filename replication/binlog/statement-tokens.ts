/** One word, name, string or sign of a statement; comments are gone. */
export interface Token {
  readonly kind: "word" | "name" | "string" | "sign";
  /** A word in upper case, a name without its quotes. */
  readonly text: string;
  /** A word as it is written, for a name that is not quoted. */
  readonly written: string;
  /** Where it begins in the statement. */
  readonly start: number;
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
export function tokensOf(sql: string, ansiQuotes: boolean, limit = Infinity): readonly Token[] {
  const tokens: Token[] = [];
  for (const { groups = {}, index } of sql.matchAll(pattern)) {
    const token = tokenOf(groups, ansiQuotes);
    if (token !== undefined) tokens.push({ ...token, start: index });
    if (tokens.length === limit) break;
  }
  return tokens;
}

function tokenOf(
  groups: Record<string, string | undefined>,
  ansiQuotes: boolean,
): Omit<Token, "start"> | undefined {
  const { name, string, word, sign } = groups;
  if (name !== undefined) return named(name.replaceAll("``", "`"));
  if (string?.startsWith('"') === true && ansiQuotes) return named(string.slice(1, -1).replaceAll('""', '"'));
  if (string !== undefined) return { kind: "string", text: string, written: string };
  if (word !== undefined) return { kind: "word", text: word.toUpperCase(), written: word };
  return sign === undefined ? undefined : { kind: "sign", text: sign, written: sign };
}

function named(text: string): Omit<Token, "start"> {
  return { kind: "name", text, written: text };
}
