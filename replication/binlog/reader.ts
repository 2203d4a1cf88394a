import { HotsiteError } from "../../core/errors.ts";

/** Reads an event's bytes from front to back. Throws `HotsiteError` "bad-event" past the end. */
export class Reader {
  readonly bytes: Buffer;
  offset: number;

  constructor(bytes: Buffer, offset = 0) {
    this.bytes = bytes;
    this.offset = offset;
  }

  get left(): number {
    return this.bytes.length - this.offset;
  }

  /** Moves on by `count` bytes and gives the place where they begin. */
  skip(count: number): number {
    const start = this.offset;
    if (count > this.bytes.length - start) throw badEvent("it ends too early");
    this.offset = start + count;
    return start;
  }

  /** A view, not a copy. */
  take(count: number): Buffer {
    const start = this.skip(count);
    return this.bytes.subarray(start, start + count);
  }

  /** A copy: it does not keep the packet's memory. */
  copy(count: number): Buffer {
    const start = this.skip(count);
    return Buffer.from(this.bytes.subarray(start, start + count));
  }

  /** Unsigned, little-endian, at most 6 bytes. */
  uint(count: number): number {
    return this.bytes.readUIntLE(this.skip(count), count);
  }

  /** Signed, little-endian, at most 6 bytes. */
  int(count: number): number {
    return this.bytes.readIntLE(this.skip(count), count);
  }

  /** Unsigned, big-endian, at most 6 bytes; none is 0. */
  uintBE(count: number): number {
    return count === 0 ? 0 : this.bytes.readUIntBE(this.skip(count), count);
  }

  uint64(): bigint {
    return this.bytes.readBigUInt64LE(this.skip(8));
  }

  int64(): bigint {
    return this.bytes.readBigInt64LE(this.skip(8));
  }

  float(): number {
    return this.bytes.readFloatLE(this.skip(4));
  }

  double(): number {
    return this.bytes.readDoubleLE(this.skip(8));
  }

  /** MySQL's length-encoded integer. */
  length(): number {
    const first = this.uint(1);
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.uint(2);
    if (first === 0xfd) return this.uint(3);
    if (first !== 0xfe) throw badEvent("a length that is none");
    const value = this.uint64();
    if (value > 0xffffffffn) throw badEvent("a length beyond all limits");
    return Number(value);
  }

  /** Text after a length of one byte. */
  shortText(): string {
    return this.take(this.uint(1)).toString("utf8");
  }
}

/** Eight bytes. Nearly all numbers are exact without being large, which is faster. */
export function readSequence(reader: Reader): number | bigint {
  const [low, high] = [reader.uint(4), reader.uint(4)];
  return high < 2 ** 20 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** An event that is not as servers write it. */
export function badEvent(problem: string, cause?: unknown): HotsiteError {
  return new HotsiteError("bad-event", `an event of the binlog cannot be read: ${problem}`, {
    cause,
    hint: "if the source's binlog is intact (mysqlbinlog --verify-binlog-checksum), this is a fault of Hotsite: please report it",
  });
}

/** Something that servers write and that replication does not carry. */
export function unsupported(problem: string, hint: string): HotsiteError {
  return new HotsiteError("unsupported-event", problem, { hint });
}
