import type { Token } from "../binlog/statement-tokens.ts";

/** Tokens from one place up to before another. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What commas outside of inner brackets separate, up to the bracket that closes them, or to the end. */
export function splitAtCommas(
  tokens: readonly Token[],
  from: number,
): { readonly items: readonly Stretch[]; readonly close: number } {
  const items: Stretch[] = [];
  let [depth, start, place] = [0, from, from];
  for (; place < tokens.length; place += 1) {
    const token = tokens[place];
    if (token?.kind !== "sign") continue;
    if (token.text === "(") depth += 1;
    else if (token.text === ")" && depth === 0) break;
    else if (token.text === ")") depth -= 1;
    else if (token.text === "," && depth === 0) {
      items.push({ from: start, to: place });
      start = place + 1;
    }
  }
  return { items: [...items, { from: start, to: place }], close: place };
}
