/** Lines around a change that are shown with it. */
const CONTEXT = 3;
/** Beyond so many pairs of lines, comparing would take longer than anybody waits for a plan. */
const MOST_PAIRS = 4_000_000;

type Edit = readonly [sign: " " | "-" | "+", line: string];

/** What turns one text into another, in the usual form; empty when they are equal. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return "";
  const edits = editsBetween(linesOf(before), linesOf(after));
  return [`--- ${path} (on the node)`, `+++ ${path} (wanted)`, ...hunks(edits)].join("\n");
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function editsBetween(before: readonly string[], after: readonly string[]): readonly Edit[] {
  const start = commonLength(before, after);
  const rest = [before.slice(start), after.slice(start)] as const;
  const end = commonLength(rest[0].toReversed(), rest[1].toReversed());
  const kept = (lines: readonly string[]): Edit[] => lines.map((line) => [" ", line]);
  return [
    ...kept(before.slice(0, start)),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...kept(before.slice(before.length - end)),
  ];
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  const differs = one.findIndex((line, index) => line !== other[index]);
  return differs < 0 ? Math.min(one.length, other.length) : differs;
}

/** By the longest common subsequence of lines; where that would take too long, everything old goes and everything new comes. */
function middle(before: readonly string[], after: readonly string[]): readonly Edit[] {
  if (before.length * after.length > MOST_PAIRS) return replaced(before, after);
  const width = after.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number): number => longest[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      longest[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const edits: Edit[] = [];
  let [row, column] = [0, 0];
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      edits.push([" ", before[row] ?? ""]);
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) edits.push(["-", before[row++] ?? ""]);
    else edits.push(["+", after[column++] ?? ""]);
  }
  return [...edits, ...replaced(before.slice(row), after.slice(column))];
}

function replaced(before: readonly string[], after: readonly string[]): readonly Edit[] {
  return [...before.map((line): Edit => ["-", line]), ...after.map((line): Edit => ["+", line])];
}

/** Groups of changes with their surroundings; groups that would touch are one. */
function hunks(edits: readonly Edit[]): readonly string[] {
  const changed = edits.flatMap(([sign], index) => (sign === " " ? [] : [index]));
  const groups: [from: number, to: number][] = [];
  for (const index of changed) {
    const last = groups.at(-1);
    const [from, to] = [Math.max(0, index - CONTEXT), Math.min(edits.length, index + CONTEXT + 1)];
    if (last !== undefined && from <= last[1]) last[1] = to;
    else groups.push([from, to]);
  }
  return groups.flatMap(([from, to]) => [
    `@@ -${range(edits, from, to, "+")} +${range(edits, from, to, "-")} @@`,
    ...edits.slice(from, to).map(([sign, line]) => `${sign}${line}`),
  ]);
}

/** Where a group stands in one of the texts: lines of the other one, with the sign `not`, do not count. */
function range(edits: readonly Edit[], from: number, to: number, not: "-" | "+"): string {
  const count = (part: readonly Edit[]): number => part.filter(([sign]) => sign !== not).length;
  const [before, length] = [count(edits.slice(0, from)), count(edits.slice(from, to))];
  return `${length === 0 ? before : before + 1},${length}`;
}
