/**
 * A UUID's bytes in the order in which it is written, from the order in which MariaDB keeps it: the time comes last there, so that an index
 * grows at its end. Versions from 6 on, whose time comes first anyway, are kept as they are.
 */
export function uuidInOrder(kept: Buffer): Buffer {
  if (!isTurned(kept)) return kept;
  return Buffer.concat([
    ...[kept.subarray(12), kept.subarray(10, 12), kept.subarray(8, 10)],
    ...[kept.subarray(6, 8), kept.subarray(0, 6)],
  ]);
}

/** By the two bytes that the server looks at: where the variant, whose highest bit is set, stands before a version. */
function isTurned(kept: Buffer): boolean {
  const [variant = 0, version = 0] = [kept[6], kept[8]];
  return variant >= 0x80 && version >= 0x01 && version <= 0x80;
}
