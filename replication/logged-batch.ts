import { HotsiteError } from "../core/errors.ts";
import type { LogBatch } from "../core/log.ts";
import { decodeBatch } from "./batch.ts";
import type { RecordBatch } from "./record.ts";

/** What a log gave, as records. Throws "bad-record" when it does not hold the records that it is said to: the next ones would be passed over. */
export function readLogged({ stream, first, last, payload }: LogBatch): RecordBatch {
  const batch = decodeBatch(payload);
  const [begins, ends] = [batch.records[0]?.seq, batch.records.at(-1)?.seq];
  if (begins === first && ends === last) return batch;
  throw new HotsiteError(
    "bad-record",
    `${stream}: the log gave ${begins ?? "no record"}–${ends ?? ""} for records ${first}–${last}`,
    { hint: "the log is damaged; make a new first copy" },
  );
}
