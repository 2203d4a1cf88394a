import type { Source } from "./source.ts";

/** A longer way is a WAN, where bytes cost more than the time of both ends' processors. */
const farMs = 3;
const looks = 3;

/** Beyond it, what is compressed at a time makes it hardly smaller. */
const blockBytes = 2 ** 18;

/** How much a source is to compress at a time; undefined where it is near enough not to. */
export async function compressedBlock(source: Source): Promise<number | undefined> {
  if (!(await isFar(source))) return undefined;
  const [row] = await source.rows<{ largest: number }>("SELECT @@max_allowed_packet AS largest");
  return Math.min(blockBytes, Number(row?.largest) / 2);
}

/** Whether the shortest of some round trips takes as long as between two sites. */
async function isFar(source: Source): Promise<boolean> {
  for (let look = 0; look < looks; look += 1) {
    const began = performance.now();
    await source.run("DO 1");
    if (performance.now() - began < farMs) return false;
  }
  return true;
}
