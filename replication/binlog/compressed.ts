import { inflateSync } from "node:zlib";
import { badEvent, Reader } from "./reader.ts";

/** No event is larger than the largest packet. */
const maxBytes = 2 ** 30;

/** What `log_bin_compress` packed: algorithm and size of the length, the length, then zlib. */
export function uncompressed(data: Buffer): Buffer {
  const reader = new Reader(data);
  const head = reader.uint(1);
  const [algorithm, size] = [(head & 0x70) >> 4, head & 0x07];
  if (algorithm !== 0 || size < 1 || size > 4) throw badEvent("an unknown compression");
  const length = reader.uintBE(size);
  try {
    const result = inflateSync(reader.take(reader.left), { maxOutputLength: maxBytes });
    if (result.length === length) return result;
  } catch (cause) {
    throw badEvent("it does not decompress", cause);
  }
  throw badEvent("it decompresses to another length");
}
