import type { Source } from "./source.ts";

/** A longer way is a WAN, where bytes cost more than the time of both ends' processors. */
const farMs = 3;
const looks = 3;

/** Whether the shortest of some round trips takes as long as between two sites. */
export async function isFar(source: Source): Promise<boolean> {
  for (let look = 0; look < looks; look += 1) {
    const began = performance.now();
    await source.run("DO 1");
    if (performance.now() - began < farMs) return false;
  }
  return true;
}
