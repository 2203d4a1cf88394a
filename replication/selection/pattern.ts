/** A pattern of names: `shop.tmp_*`. Each part is a name of which `*` stands for anything; between backticks it is the name itself. */
export interface NamePattern {
  readonly text: string;
  /** How many parts it has. */
  readonly parts: number;
  /** The last part, as it is compared. */
  readonly last: string;
  /** Whether the names, or the first of them, are those of the pattern's first parts. */
  matches(...names: readonly string[]): boolean;
}

const part = /(?:`(?<quoted>(?:[^`]|``)+)`|(?<plain>[^.`]+))(?<end>\.|$)/gu;

/** Undefined when the text does not have so many parts. */
export function parsePattern(text: string, parts: number): NamePattern | undefined {
  const found = [...text.matchAll(part)];
  if (found.map(([whole]) => whole).join("") !== text || text.endsWith(".") || found.length !== parts)
    return undefined;
  const sources = found.map(({ groups = {} }) => sourceOf(groups));
  const expressions = sources.map((source) => new RegExp(`^${source}$`, "su"));
  return {
    ...{ text, parts },
    last: sources.at(-1) ?? "",
    matches: (...names) => names.every((name, place) => expressions[place]?.test(folded(name)) === true),
  };
}

function sourceOf({ quoted, plain = "" }: Readonly<Record<string, string | undefined>>): string {
  if (quoted !== undefined) return escaped(quoted.replaceAll("``", "`"));
  return plain.split("*").map(escaped).join(".*");
}

function escaped(name: string): string {
  return folded(name).replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

/** As servers compare names of columns, and of tables where they keep them in lower case: what differs by case or accents alone is the same. */
export function folded(name: string): string {
  return name.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
