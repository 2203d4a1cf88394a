import { HotsiteError } from "../../core/errors.ts";
import type { LogBatch } from "../../core/log.ts";
import { checkedPlace } from "./place.ts";

/** A batch as one Kafka record. */
export interface Frame {
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  /** Offset of the batch that its writer took for the log's end; -1 when the log was empty. */
  readonly after: bigint;
  readonly payload: Uint8Array;
}

/** First bytes of each record: "hotsite log", version 1. */
const magic = Buffer.from("HLg1");
const headerBytes = magic.length + 4 * 8;

export function encodeFrame({ epoch, first, last, after, payload }: Frame): Buffer {
  const value = Buffer.allocUnsafe(headerBytes + payload.length);
  magic.copy(value);
  value.writeDoubleBE(epoch, 4);
  value.writeDoubleBE(first, 12);
  value.writeDoubleBE(last, 20);
  value.writeBigInt64BE(after, 28);
  value.set(payload, headerBytes);
  return value;
}

/** Throws `HotsiteError` "bad-record" on anything that `encodeFrame` would not have written. */
export function decodeFrame(value: Buffer | null): Frame {
  if (value === null || value.length < headerBytes || !value.subarray(0, magic.length).equals(magic)) {
    throw new HotsiteError(
      "bad-record",
      "a record of the log cannot be read: it was not written by Hotsite",
      {
        hint: "nothing else may write to the topic of a link; make a new first copy",
      },
    );
  }
  return {
    ...checkedPlace({
      epoch: value.readDoubleBE(4),
      first: value.readDoubleBE(12),
      last: value.readDoubleBE(20),
    }),
    after: value.readBigInt64BE(28),
    payload: value.subarray(headerBytes),
  };
}

export function batchOf(stream: string, { epoch, first, last, payload }: Frame): LogBatch {
  return { stream, epoch, first, last, payload };
}
