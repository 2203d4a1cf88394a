import { crc32 } from "node:zlib";

/** What each byte does to a CRC32. */
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = (rest & 1) === 0 ? rest >>> 1 : (rest >>> 1) ^ 0xedb88320;
  return rest;
});

/** Below it, calling the native one takes longer than it saves. */
const fewBytes = 64;

/** CRC32 of the bytes between two places, and of what came before them when its own is given. */
export function checksum(bytes: Buffer, start: number, end: number, before = 0): number {
  if (end - start > fewBytes)
    return crc32(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), before);
  let rest = ~before;
  for (let place = start; place < end; place += 1)
    rest = (table[(rest ^ (bytes[place] ?? 0)) & 0xff] ?? 0) ^ (rest >>> 8);
  return ~rest >>> 0;
}
