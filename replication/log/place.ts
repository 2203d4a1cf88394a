import { HotsiteError } from "../../core/errors.ts";
import type { LogBatch } from "../../core/log.ts";

/** The numbers before a payload, as they were read. Throws "bad-record" for those that no writer gives. */
export function checkedPlace(place: Pick<LogBatch, "epoch" | "first" | "last">): typeof place {
  const { epoch, first, last } = place;
  const numbers = [epoch, first, last].every((value) => Number.isSafeInteger(value));
  if (numbers && epoch >= 0 && first >= 1 && last >= first) return { epoch, first, last };
  throw new HotsiteError(
    "bad-record",
    `a record of the log cannot be read: records ${first}–${last} of epoch ${epoch}`,
    { hint: "the log is damaged; make a new first copy" },
  );
}
