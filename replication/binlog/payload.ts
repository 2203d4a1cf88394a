import { Decompress } from "fzstd";
import type { BinlogEvent } from "./event.ts";
import { badEvent, Reader, unsupported } from "./reader.ts";

/** What the server says of a compressed transaction before its bytes. */
interface Payload {
  readonly compressed: boolean;
  readonly size: number;
  readonly data: Buffer;
}

const field = { end: 0, size: 1, compression: 2, uncompressedSize: 3 };
const compression = { zstd: 0, none: 255 };
/** Unpacked at a time: what repeats itself grows a thousandfold and more, and memory has a bound. */
const sliceBytes = 2 ** 11;

/** The events inside a compressed transaction of MySQL, one after the other, unpacked as they are taken. None has a checksum of its own. */
export function* payloadEvents(
  { body }: BinlogEvent,
  parse: (packet: Buffer) => BinlogEvent,
): Generator<BinlogEvent> {
  const payload = readPayload(new Reader(body));
  const waiting = new Pieces();
  let unpacked = 0;
  for (const piece of payload.compressed ? unpack(payload.data) : [payload.data]) {
    unpacked += piece.length;
    if (unpacked > payload.size) break;
    waiting.add(piece);
    for (let packet = waiting.packet(); packet !== undefined; packet = waiting.packet())
      // Where it ends, counts inside the transaction.
      yield { ...parse(packet), end: 0 };
  }
  if (unpacked !== payload.size || waiting.left > 0)
    throw badEvent("a compressed transaction of another size");
}

function readPayload(reader: Reader): Payload {
  let [algorithm, size, uncompressedSize] = [compression.zstd, 0, undefined as number | undefined];
  for (let kind = reader.length(); kind !== field.end; kind = reader.length()) {
    const value = new Reader(reader.take(reader.length()));
    if (kind === field.compression) algorithm = value.length();
    else if (kind === field.size) size = value.length();
    else if (kind === field.uncompressedSize) uncompressedSize = value.length();
  }
  if (algorithm !== compression.zstd && algorithm !== compression.none)
    throw unsupported(`a transaction compressed by method ${algorithm}`, withoutCompression);
  const data = reader.take(size);
  return { compressed: algorithm === compression.zstd, size: uncompressedSize ?? size, data };
}

const withoutCompression = "SET GLOBAL binlog_transaction_compression = OFF, then make a new first copy";

function* unpack(data: Buffer): Generator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  const zstd = new Decompress((piece) => {
    pieces.push(piece);
  });
  for (let from = 0; from < data.length; from += sliceBytes) {
    try {
      zstd.push(data.subarray(from, from + sliceBytes), from + sliceBytes >= data.length);
    } catch (error) {
      throw badEvent("it does not unpack", error);
    }
    yield* pieces;
    pieces = [];
  }
}

const lengthPlace = 9;

/** Bytes in pieces, taken as whole packets. */
class Pieces {
  #pieces: Buffer[] = [];
  left = 0;

  add(piece: Uint8Array): void {
    this.#pieces.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
    this.left += piece.length;
  }

  /** The next packet, once it is there as a whole. */
  packet(): Buffer | undefined {
    if (this.left < lengthPlace + 4) return undefined;
    const length = this.#join(lengthPlace + 4).readUInt32LE(lengthPlace);
    if (length < lengthPlace + 4) throw badEvent(`an event of ${length} bytes`);
    if (this.left < length) return undefined;
    const first = this.#join(length);
    this.#pieces[0] = first.subarray(length);
    this.left -= length;
    return first.subarray(0, length);
  }

  /** At least so many bytes as one piece, the first. */
  #join(length: number): Buffer {
    const first = this.#pieces[0] ?? Buffer.alloc(0);
    if (first.length >= length) return first;
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }
}
