import { HotsiteError, StaleEpochError } from "../../core/errors.ts";
import type { LogBatch } from "../../core/log.ts";

/** Why a batch may not follow the tail; undefined when it may. */
export function refuse(
  batch: LogBatch,
  stream: string,
  tail: Pick<LogBatch, "epoch" | "last"> | undefined,
): HotsiteError | undefined {
  if (batch.stream !== stream || batch.first < 1 || batch.last < batch.first) {
    return new HotsiteError(
      "log-bad-batch",
      `${stream}: not a batch of this stream: ${batch.stream} ${batch.first}–${batch.last}`,
    );
  }
  if (tail !== undefined && batch.epoch < tail.epoch) {
    return new StaleEpochError(
      `${stream}: epoch ${batch.epoch} may not write, epoch ${tail.epoch} has written`,
    );
  }
  const wanted = (tail?.last ?? 0) + 1;
  if (batch.first === wanted) return undefined;
  const [code, problem] =
    batch.first > wanted ? ["log-gap", "would leave a gap"] : ["log-duplicate", "is in the log already"];
  return new HotsiteError(code, `${stream}: record ${batch.first} ${problem}: the next one is ${wanted}`, {
    details: { first: batch.first, wanted },
  });
}

/** A reader wants what is no longer kept. */
export function trimmed(stream: string, wanted: number, oldest: number): HotsiteError {
  return new HotsiteError("log-trimmed", `${stream}: record ${wanted} is no longer in the log`, {
    details: { wanted, oldest },
    hint: "make a new first copy",
  });
}
