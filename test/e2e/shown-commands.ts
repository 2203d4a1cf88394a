/** One command of a page and the lines shown below it. */
export interface ShownCommand {
  /** Without the prompt and the comment. */
  readonly line: string;
  readonly shown: readonly string[];
}

/** The commands of a Markdown page's code blocks that stand behind a `$`, in order. */
export function shownCommands(markdown: string): readonly ShownCommand[] {
  const blocks = [...markdown.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(([, text = ""]) => text);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [line = "", ...shown] = part.split("\n");
        return {
          line: line.replace(/\s+#.*$/, "").trim(),
          shown: shown.map((text) => text.trim()).filter((text) => text !== "" && text !== "…"),
        };
      }),
  );
}

/**
 * What a shown line may look like in another run: numbers, times and positions differ, `…` stands for anything. All words and marks are the
 * same. With `calm`, what is shown as `0.0s` took less than a second.
 */
export function likeShown(line: string, { calm = false } = {}): RegExp {
  const any = new Map<string, string>([
    ["…", ".*"],
    // A list of GTIDs, one a domain.
    ["gtid", String.raw`[\d,-]+`],
    ["duration", String.raw`(\d+m ?)?[\d.,]+ ?s`],
    ["instant", calm ? String.raw`(?<![\d.])0\.\d ?s` : String.raw`[\d.]+ ?s`],
    ["number", String.raw`\d[\d.,]*`],
  ]);
  const tokens =
    /(?<gtid>\d+-\d+-\d+(,\d+-\d+-\d+)*)|(?<instant>0\.0 ?s\b)|(?<duration>(\d+m )?\d[\d.,]* ?s\b)|(?<number>\d[\d.,]*)|(?<rest>…)|(?<space>\s+)|(?<other>[^\s\d…]+)/g;
  const parts = [...line.matchAll(tokens)].map(({ 0: text, groups = {} }) => {
    if (groups["space"] !== undefined) return String.raw`\s+`;
    if (groups["other"] !== undefined) return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
    const kind = ["gtid", "instant", "duration", "number"].find((name) => groups[name] !== undefined);
    return any.get(kind ?? "…") ?? "";
  });
  return new RegExp(parts.join(""));
}

/** The first shown line that the output does not have in its order; undefined when it has all. */
export function missingLine(
  output: string,
  shown: readonly string[],
  options?: { calm?: boolean },
): string | undefined {
  let rest = output.split("\n");
  for (const line of shown) {
    const at = rest.findIndex((text) => likeShown(line, options).test(text));
    if (at < 0) return line;
    rest = rest.slice(at + 1);
  }
  return undefined;
}
