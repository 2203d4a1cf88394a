import { parseArgs } from "node:util";

export const parts = ["W1", "W2", "W3", "W4", "wan", "memory", "copy", "decode"] as const;
export type Part = (typeof parts)[number];

export interface BenchOptions {
  readonly json: boolean;
  readonly flavours: readonly string[];
  readonly only: ReadonlySet<Part>;
  /** Rounds; the median counts. */
  readonly runs: number;
  /** Contenders that stay away. */
  readonly without: ReadonlySet<string>;
}

export function readOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: "boolean", default: false },
      flavour: { type: "string", default: "mariadb,mysql" },
      only: { type: "string", default: parts.join(",") },
      runs: { type: "string", default: "3" },
      without: { type: "string", default: "" },
    },
  });
  const { json, flavour, only, runs, without } = values;
  const wanted = new Set(list(only));
  const unknown = [...wanted].filter((part) => !parts.some((known) => known === part));
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(",")}: there are ${parts.join(", ")}`);
  return {
    ...{ json, flavours: list(flavour), runs: Number(runs), without: new Set(list(without)) },
    only: new Set(parts.filter((part) => wanted.has(part))),
  };
}

function list(text: string): readonly string[] {
  return text.split(",").filter((part) => part !== "");
}
