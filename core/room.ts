import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RetryableError } from "./errors.ts";

/** What LMDB maps when it opens a file, and more. */
const bytes = 2 ** 18;

/**
 * Makes `folder`, for nobody else to read, when it is missing. Throws a retryable "no-room" when a small file in it does not fit on its
 * disk: LMDB writes to its files through memory, and on a full disk the system ends a process that opens one, without a word.
 */
export async function folderWithRoom(folder: string): Promise<void> {
  const probe = join(folder, `.room-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(probe, Buffer.alloc(bytes));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EDQUOT") throw cause;
    throw new RetryableError("no-room", `the disk of ${folder} has no room`, {
      cause,
      hint: "make room there",
    });
  } finally {
    await rm(probe, { force: true });
  }
}
