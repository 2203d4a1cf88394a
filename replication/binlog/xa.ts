import { badEvent, Reader } from "./reader.ts";

/** What an event says of a transaction in two phases. Whoever decides on it need not be who prepared it, nor do so soon. */
export type XaStep =
  /** Rows; whether they are prepared or committed at once, a later piece tells. */
  | { readonly kind: "rows" }
  /** The rows since the beginning, these too, wait for the decision. */
  | { readonly kind: "prepare"; readonly xid: string }
  /** The rows since the beginning, these too, are committed: it was in one phase. */
  | { readonly kind: "one-phase" }
  | { readonly kind: "commit" | "rollback"; readonly xid: string };

/** Reads an XA_PREPARE event. The id is given as statements take it: `X'61',X'622763',7`. */
export function readXaPrepare(body: Buffer): XaStep {
  const reader = new Reader(body);
  if (reader.uint(1) === 1) return { kind: "one-phase" };
  const format = reader.uint(4);
  const [globalBytes, branchBytes] = [reader.uint(4), reader.uint(4)];
  if (globalBytes > mostIdBytes || branchBytes > mostIdBytes) throw badEvent("an XA id that is too long");
  const [global, branch] = [reader.take(globalBytes), reader.take(branchBytes)];
  return { kind: "prepare", xid: xidText(global.toString("hex"), branch.toString("hex"), format) };
}

const mostIdBytes = 64;

/** Reads the statement that ends a prepared transaction; undefined of any other. */
export function readDecision(text: string): XaStep | undefined {
  const [, word, global = "", branch = "", format] = decision.exec(text) ?? [];
  if (word === undefined) return undefined;
  return {
    kind: word.toUpperCase() === "COMMIT" ? "commit" : "rollback",
    xid: xidText(global, branch, Number(format)),
  };
}

/** Servers write it themselves, always in this form. */
const decision = /^\s*XA\s+(COMMIT|ROLLBACK)\s+X'([0-9a-f]*)',X'([0-9a-f]*)',(-?\d+)\s*$/i;

/** `global`, `branch`: in hexadecimal. One number of the format may be written with and without a sign. */
export function xidText(global: string, branch: string, format: number): string {
  return `X'${global.toLowerCase()}',X'${branch.toLowerCase()}',${format >>> 0}`;
}
