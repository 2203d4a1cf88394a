import type { UserVariable } from "../record.ts";
import { readDecimal } from "./decimal.ts";
import { badEvent, Reader } from "./reader.ts";
import { decodeText } from "./query.ts";
import type { Charsets } from "./table-map.ts";

const kinds = { text: 0, double: 1, whole: 2, decimal: 4 };
const unsigned = 1;

/** A variable of the session that the statement behind it reads: `CREATE EVENT e ON SCHEDULE AT @when …`. */
export function readUserVariable(body: Buffer, charsets: Charsets): UserVariable {
  const reader = new Reader(body);
  const name = reader.take(reader.uint(4)).toString("utf8");
  if (reader.uint(1) !== 0) return { name, literal: "NULL" };
  const kind = reader.uint(1);
  const charset = charsets.get(reader.uint(4));
  const value = new Reader(reader.take(reader.uint(4)));
  const flags = reader.left > 0 ? reader.uint(1) : 0;
  return { name, literal: literalOf(kind, value, { charset, isUnsigned: (flags & unsigned) !== 0 }) };
}

function literalOf(
  kind: number,
  value: Reader,
  { charset = "unknown", isUnsigned }: { readonly charset: string | undefined; readonly isUnsigned: boolean },
): string {
  switch (kind) {
    case kinds.text: {
      const bytes = value.take(value.left);
      if (charset === "binary") return `X'${bytes.toString("hex")}'`;
      return `_utf8mb4 X'${Buffer.from(decodeText(bytes, charset)).toString("hex")}'`;
    }
    // Without an exponent it would be a DECIMAL.
    case kinds.double:
      return value.double().toExponential();
    case kinds.whole:
      return (isUnsigned ? value.uint64() : value.int64()).toString();
    case kinds.decimal:
      return readDecimal(value, value.uint(1), value.uint(1));
    default:
      throw badEvent(`a variable of kind ${kind}`);
  }
}
