import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder for a store whose thousands of writes are synced: where there is memory to sync to, that takes no time. Whoever asks removes it. */
export function quickFolder(): Promise<string> {
  return mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "hotsite-test-"));
}
