import { HotsiteError } from "../core/errors.ts";
import type { LogBatch } from "../core/log.ts";
import { decodeBatch, encodeBatch, type Compression } from "./batch.ts";
import type { RecordBatch } from "./record.ts";

/** What this process has written to a log, for as long as the payload is at hand. */
const written = new WeakMap<Uint8Array, RecordBatch>();

/** The payload of a batch for a log of this process: when the very same comes back, it need not be taken apart. */
export function writePayload(batch: RecordBatch, compression: Compression): Uint8Array {
  const payload = encodeBatch(batch, compression);
  written.set(payload, batch);
  return payload;
}

/** What a log gave, as records. Throws "bad-record" when it does not hold the records that it is said to: the next ones would be passed over. */
export function readLogged({ stream, first, last, payload }: LogBatch): RecordBatch {
  const batch = written.get(payload) ?? decodeBatch(payload);
  const [begins, ends] = [batch.records[0]?.seq, batch.records.at(-1)?.seq];
  if (begins === first && ends === last) return batch;
  throw new HotsiteError(
    "bad-record",
    `${stream}: the log gave ${begins ?? "no record"}–${ends ?? ""} for records ${first}–${last}`,
    { hint: "the log is damaged; make a new first copy" },
  );
}
