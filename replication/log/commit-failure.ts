import { HotsiteError, messageOf, RetryableError } from "../../core/errors.ts";

/** Of Linux: no space, over quota. A write for which there was only part of the room fails as LMDB's own EIO. */
const noRoom: readonly unknown[] = [28, 122];
const inputOutput = 5;
/** So little may be left on a disk that had no room for a batch. */
const littleBytes = 4 * 2 ** 20;

/** What a commit of LMDB that failed means: there is no room, which passes, or the disk is broken. Anything else stays as it is. */
export async function commitFailure(
  error: unknown,
  { stream, freeBytes }: { readonly stream: string; readonly freeBytes: () => Promise<number> },
): Promise<unknown> {
  if (!(error instanceof Error && "commitError" in error)) return error;
  const cause = await causeOf(error.commitError);
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (noRoom.includes(code) || (code === inputOutput && (await freeBytes()) < littleBytes))
    return new RetryableError("log-full", `${stream}: the disk of the log has no room`, { cause });
  return new HotsiteError("log-broken", `${stream}: the log could not be written: ${messageOf(cause)}`, {
    cause,
    hint: "mend the disk of the log, then `hotsite replication resume`",
  });
}

async function causeOf(failed: unknown): Promise<unknown> {
  try {
    return await failed;
  } catch (cause) {
    return cause;
  }
}
