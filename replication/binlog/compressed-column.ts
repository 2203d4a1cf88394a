import { inflateRawSync, inflateSync } from "node:zlib";
import { badEvent, Reader } from "./reader.ts";

const zlib = 0x80;
const withoutHeader = 0x08;

/** The value of a `COMPRESSED` column: a byte that says how it is packed, the length where it is, then the bytes. The empty value has none. */
export function readCompressed(packed: Uint8Array): Buffer {
  const reader = new Reader(Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength));
  if (reader.left === 0) return Buffer.alloc(0);
  const head = reader.uint(1);
  if (head === 0) return reader.take(reader.left);
  const size = head & 0x07;
  if ((head & 0xf0) !== zlib || size < 1 || size > 4) throw badEvent("a column with an unknown compression");
  const length = reader.uintBE(size);
  const inflate = (head & withoutHeader) === 0 ? inflateSync : inflateRawSync;
  return exactly(length, () => inflate(reader.take(reader.left), { maxOutputLength: Math.max(length, 1) }));
}

function exactly(length: number, inflate: () => Buffer): Buffer {
  let value: Buffer;
  try {
    value = inflate();
  } catch (cause) {
    throw badEvent("a column does not decompress", cause);
  }
  if (value.length === length) return value;
  throw badEvent("a column decompresses to another length");
}
