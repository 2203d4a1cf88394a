import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { columnFormat } from "../../replication/binlog/columns.ts";
import { packedField } from "../../replication/binlog/packed-field.ts";
import { Reader } from "../../replication/binlog/reader.ts";
import { literal } from "../../replication/literal.ts";
import { plain, type Plain } from "../../replication/plain.ts";
import type { ColumnSchema } from "../../replication/record.ts";
import { column } from "./stream.ts";

interface Case {
  readonly code: number;
  readonly metadata: readonly number[];
  readonly column: ColumnSchema;
  /** Bytes of a value, or how long its prefix is when any bytes will do. */
  readonly size?: number;
  readonly prefix?: number;
  readonly binary?: boolean;
}

const integers: Case[] = [1, 2, 3, 9, 8].flatMap((code, place) =>
  [true, false].map((unsigned) => ({
    ...{ code, metadata: [], size: [1, 2, 4, 3, 8][place] ?? 0 },
    column: column("a", "int", { unsigned }),
  })),
);
const texts: Case[] = ["utf8mb4", "latin1", "cp1251", "utf16"].flatMap((charset) => [
  { code: 15, metadata: [255, 0], prefix: 1, column: column("a", "text", { charset }) },
  { code: 15, metadata: [0, 1], prefix: 2, column: column("a", "text", { charset }) },
  { code: 252, metadata: [2], prefix: 2, column: column("a", "text", { charset }) },
  { code: 254, metadata: [254, 200], prefix: 1, column: column("a", "text", { charset }) },
  { code: 254, metadata: [238, 10], prefix: 2, column: column("a", "text", { charset }) },
]);
const others: Case[] = [
  { code: 252, metadata: [4], prefix: 4, column: column("a", "bytes") },
  { code: 254, metadata: [254, 20], prefix: 1, column: column("a", "bytes"), binary: true },
  { code: 18, metadata: [0], size: 5, column: column("a", "datetime") },
  { code: 18, metadata: [3], size: 7, column: column("a", "datetime") },
  { code: 18, metadata: [6], size: 8, column: column("a", "datetime") },
  { code: 10, metadata: [], size: 3, column: column("a", "date") },
  { code: 16, metadata: [3, 1], size: 2, column: column("a", "bit") },
];

/** What the format reads, and the same straight from the bytes. */
function bothWays(
  { code, metadata, column: schema, binary = false }: Case,
  bytes: Buffer,
): [string, Plain, number][] {
  const block = Buffer.from(metadata);
  const format = columnFormat("mariadb", code, new Reader(block));
  const traits = { unsigned: schema.unsigned, binary };
  const reader = new Reader(bytes, 1);
  const read = format.read(reader, traits);
  const field = packedField({ code, metadata: block, format, traits, column: schema });
  return [
    [literal(read, schema), plain(read, schema), reader.offset],
    [field.sql(bytes, 1), field.plain(bytes, 1), field.end(bytes, 1)],
  ];
}

describe("SQL straight from the binlog's bytes", () => {
  test.each([...integers, ...others].filter(({ size }) => size !== undefined))(
    "is the same as that of the value ($column.type, type $code, $metadata)",
    (one) => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: one.size ?? 0, maxLength: one.size ?? 0 }), (value) => {
          const [read, straight] = bothWays(one, Buffer.concat([Buffer.of(7), value, Buffer.of(9)]));
          expect(straight).toEqual(read);
        }),
      );
    },
  );

  test.each([...texts, ...others].filter(({ prefix }) => prefix !== undefined))(
    "is the same as that of the value ($column.charset, type $code, $metadata)",
    (one) => {
      const text = fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.string({ maxLength: 20 }).map((shown) => Buffer.from(shown)),
        fc.string({ unit: "binary", maxLength: 20 }).map((shown) => Buffer.from(shown)),
        fc.constantFrom("'", "\\", "\0", "\uFFFD", "a'b\\\0c").map((shown) => Buffer.from(shown)),
      );
      fc.assert(
        fc.property(text, (value) => {
          const length = Buffer.alloc(one.prefix ?? 0);
          length.writeUIntLE(value.length, 0, one.prefix ?? 1);
          const [read, straight] = bothWays(one, Buffer.concat([Buffer.of(7), length, value, Buffer.of(9)]));
          expect(straight).toEqual(read);
        }),
      );
    },
  );

  test("is the same as that of the value, of decimals of any size", () => {
    const sizes = fc
      .nat(65)
      .chain((scale) => fc.tuple(fc.integer({ min: Math.max(1, scale), max: 65 }), fc.constant(scale)));
    const byte = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
    const sizeOf = (digits: number): number => 4 * Math.floor(digits / 9) + (byte[digits % 9] ?? 0);
    fc.assert(
      fc.property(
        sizes,
        fc.array(fc.nat(9), { minLength: 65, maxLength: 65 }),
        fc.boolean(),
        (size, digits, negative) => {
          const [precision, scale] = size;
          const words = [precision - scale, scale].map((count, part) => {
            const own = digits.slice(part * 30, part * 30 + count);
            return own.length < count
              ? [...own, ...Array.from({ length: count - own.length }, () => 7)]
              : own;
          });
          const bytes = Buffer.alloc(sizeOf(precision - scale) + sizeOf(scale));
          let offset = 0;
          for (const [part, own] of words.entries()) {
            const short = own.length % 9;
            const cuts =
              part === 0
                ? [0, ...cutsFrom(short, own.length)]
                : [...cutsFrom(0, own.length - short), own.length];
            for (const [index, cut] of cuts.entries()) {
              const word = own.slice(index === 0 ? 0 : cuts[index - 1], cut).join("");
              if (word === "") continue;
              const width = byte[word.length] ?? 4;
              bytes.writeUIntBE(Number(word), offset, width);
              offset += width;
            }
          }
          if (negative) for (const [place, one] of bytes.entries()) bytes[place] = one ^ 0xff;
          bytes[0] = (bytes[0] ?? 0) ^ 0x80;
          const one = { code: 246, metadata: [precision, scale], column: column("a", "decimal") };
          const [read, straight] = bothWays(one, Buffer.concat([Buffer.of(7), bytes]));
          expect(straight).toEqual(read);
        },
      ),
    );
  });
});

function cutsFrom(start: number, end: number): number[] {
  return Array.from({ length: Math.floor((end - start) / 9) + 1 }, (_, index) => start + 9 * index);
}
