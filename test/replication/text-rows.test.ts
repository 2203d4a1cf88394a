import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { copiedBody } from "../../replication/load-sql.ts";
import { column, textRows } from "./stream.ts";

const field = fc.option(
  fc
    .oneof(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ minLength: 250, maxLength: 300 }))
    .map((bytes) => Buffer.from(bytes)),
);
const columns = [column("a", "bytes"), column("b", "text", { charset: "binary" }), column("c", "bytes")];
const rows = fc.array(fc.tuple(field, field, field), { maxLength: 8 });

describe("rows as a server sent them", () => {
  test("give every value back, whatever its bytes are", () => {
    fc.assert(
      fc.property(rows, (given) => {
        expect(textRows(given).values(columns)).toEqual(given);
        expect(textRows(given).last(columns)).toEqual(given.at(-1));
      }),
    );
  });

  test("become lines that a server reads as the same values", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const text = textRows(given);
        expect(linesOf(copiedBody(text, text.offsets(3)))).toEqual(given);
      }),
    );
  });

  test("keep those that are wanted", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const kept = textRows(given).filter(columns, (row) => row.isNull(0));
        expect(kept.values(columns)).toEqual(given.filter(([first]) => first === null));
      }),
    );
  });

  test("that are cut off are refused by a typed error, or fewer", () => {
    fc.assert(
      fc.property(rows, fc.nat(100), (given, less) => {
        const { bytes, count } = textRows(given);
        const cut = Object.assign(textRows([]), { bytes: bytes.subarray(0, bytes.length - less), count });
        if (less === 0 || count === 0) return;
        expect(() => cut.requireWidth(3)).toThrow(expect.objectContaining({ code: "bad-record" }));
        expect(() => cut.values(columns)).toThrow(expect.objectContaining({ code: "bad-record" }));
      }),
    );
  });
});

/** As a server reads such a file. */
function linesOf(body: Buffer): (Buffer | null)[][] {
  const lines: (Buffer | null)[][] = [];
  let [line, value, isNull]: [(Buffer | null)[], number[], boolean] = [[], [], false];
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at]!;
    if (byte === 0x5c) {
      at += 1;
      if (body[at] === 0x4e) isNull = true;
      else value.push(body[at]!);
    } else if (byte === 0x09 || byte === 0x0a) {
      line.push(isNull ? null : Buffer.from(value));
      [value, isNull] = [[], false];
      if (byte === 0x0a) {
        lines.push(line);
        line = [];
      }
    } else value.push(byte);
  }
  return lines;
}
