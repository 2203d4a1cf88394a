import { crc32 } from "node:zlib";

/** A server id that no server has; the same for each try, so that a newer reader ends a forgotten older one. */
export function readerId(name: string): number {
  return 0x7000_0000 + (crc32(name) & 0x0fff_ffff);
}
