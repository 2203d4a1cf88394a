/** Packets that carry events and lie one behind the other. */
export interface PacketBlock {
  readonly bytes: Buffer;
  /** Where each event begins and ends: two places an event. */
  readonly places: readonly number[];
  /** What it takes in memory. */
  readonly length: number;
}

const headerBytes = 4;
/** What is larger comes in several packets, all but the last as large as this. */
const largestPacket = 0xff_ffff;
/** First byte of a packet with an event. */
const eventMark = 0;

/** Cuts what the source sends during a dump into packets, whole chunks at a time. */
export class PacketFrames {
  readonly #other: (packet: Buffer) => void;
  /** Beginning of a packet whose rest has not come, and how many bytes it takes to look again. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #needed = headerBytes;
  /** What has come of something larger than a packet. */
  #parts: Buffer[] = [];

  /** `other`: gets each packet without an event, with its header: an error, or the end. */
  constructor(other: (packet: Buffer) => void) {
    this.#other = other;
  }

  /** What the chunk completes. Views of it, where it has them whole. */
  push(chunk: Buffer): readonly PacketBlock[] {
    const bytes = this.#joined(chunk);
    return bytes === undefined ? [] : this.#cut(bytes);
  }

  #joined(chunk: Buffer): Buffer | undefined {
    if (this.#waitingBytes === 0) return chunk;
    this.#wait(chunk, this.#needed);
    if (this.#waitingBytes < this.#needed) return undefined;
    const joined = Buffer.concat(this.#waiting, this.#waitingBytes);
    [this.#waiting, this.#waitingBytes] = [[], 0];
    return joined;
  }

  #wait(bytes: Buffer, needed: number): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#needed = needed;
  }

  #cut(bytes: Buffer): readonly PacketBlock[] {
    const blocks: PacketBlock[] = [];
    let places: number[] = [];
    let [start, needed] = [0, headerBytes];
    while (bytes.length - start >= headerBytes) {
      const [body, length] = [start + headerBytes, bytes.readUIntLE(start, 3)];
      if (body + length > bytes.length) {
        needed = headerBytes + length;
        break;
      }
      if (length === largestPacket || this.#parts.length > 0) {
        if (places.length > 0) blocks.push({ bytes, places, length: bytes.length });
        places = [];
        blocks.push(...this.#grown(bytes.subarray(body, body + length)));
      } else if (bytes[body] === eventMark) places.push(body + 1, body + length);
      else this.#other(bytes.subarray(start, body + length));
      start = body + length;
    }
    if (places.length > 0) blocks.push({ bytes, places, length: bytes.length });
    if (start < bytes.length) this.#wait(bytes.subarray(start), needed);
    return blocks;
  }

  /** Only events are that large. */
  #grown(part: Buffer): readonly PacketBlock[] {
    this.#parts.push(part);
    if (part.length === largestPacket) return [];
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    return [{ bytes, places: [1, bytes.length], length: bytes.length }];
  }
}
