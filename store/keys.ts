import { HotsiteError } from "../core/errors.ts";

/** LMDB's limit with pages of 4 KiB. */
const maxKeyBytes = 1978;

/** A key as LMDB compares it: by bytes. */
export function toKey(key: string): Buffer {
  const bytes = Buffer.from(key);
  if (bytes.length > 0 && bytes.length <= maxKeyBytes && bytes.toString() === key) return bytes;
  throw new HotsiteError(
    "invalid-key",
    `a key has 1 to ${maxKeyBytes} bytes of UTF-8: ${JSON.stringify(key.slice(0, 100))}`,
  );
}

/** Everything that starts with `prefix`. */
export function prefixRange(prefix: string): { start: Buffer; end: Buffer } {
  const start = Buffer.from(prefix);
  // No UTF-8 text holds this byte, so it comes after each key with the prefix.
  const end = Buffer.concat([start, Buffer.from([0xff])]);
  return { start, end };
}
