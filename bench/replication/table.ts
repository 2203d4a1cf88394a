import { goals, keys, reaches, type Keys } from "./result.ts";

type Figures = Readonly<Record<string, number | string>>;
type Measured = Keys & { readonly details?: unknown };

/** The result for people: the keys beside their goals, then what they come from. */
export function printed(result: Readonly<Record<string, unknown>>): string {
  const flavours = Object.entries(result).filter(([, value]) => isObject(value)) as [string, Measured][];
  const head = ["", "goal", ...flavours.map(([name]) => name)];
  const rows = keys.map((key) => {
    const cells = flavours.map(([, measured]) => cellOf(measured, key));
    return [key, goalOf(key), ...cells];
  });
  const details = flavours.flatMap(([name, { details: all }]) =>
    Object.entries(isObject(all) ? all : {}).map(([part, figures]) => partOf(`${name} ${part}`, figures)),
  );
  return [aligned([head, ...rows]), ...details].join("\n\n");
}

function cellOf(measured: Measured, key: (typeof keys)[number]): string {
  const value = measured[key];
  return value === undefined ? "–" : `${reaches(key, value) ? "✔" : "✖"} ${value}`;
}

function goalOf(key: (typeof keys)[number]): string {
  const goal = goals[key];
  return "atLeast" in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
}

/** One line a contender where there are several, else one line a figure. */
function partOf(title: string, part: unknown): string {
  if (!isObject(part)) return `${title}: ${String(part)}`;
  const entries = Object.entries(part);
  const contenders = entries.filter((entry): entry is [string, Figures] => isObject(entry[1]));
  if (contenders.length === 0) {
    return aligned([[title, ""], ...entries.map(([name, value]) => [name, String(value)])]);
  }
  const names = [...new Set(contenders.flatMap(([, figures]) => Object.keys(figures)))];
  const lines = contenders.map(([contender, figures]) => [
    contender,
    ...names.map((name) => String(figures[name] ?? "–")),
  ]);
  return aligned([[title, ...names], ...lines]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
