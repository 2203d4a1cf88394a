/** Takes the bytes of rows as they come: a row may come in several pieces. */
export interface RowSink {
  bytes(chunk: Buffer, start: number, end: number): void;
  /** The row is whole. */
  rowEnd(): void;
}

/** What of the driver's connection its declarations leave out. */
export interface FramedConnection {
  packetParser: { execute(chunk: Buffer): void };
  sequenceId: number;
}

/** A query of the driver: `next` is `row` while rows come. */
export interface FramedQuery {
  readonly next: unknown;
  readonly row: unknown;
}

/** Before the payload of a packet: three bytes with its length, one with its number. */
const headerBytes = 4;
/** A payload of this size goes on in the next packet. */
const longestPacket = 0xffffff;
/** What begins with the first byte and is shorter than the second is the end of the rows; a failure begins with the third. */
const [endTag, longestEnd, errorTag] = [0xfe, 13, 0xff];

/**
 * Stands before the driver's parser while one query runs: rows go to the sink as the socket gives them, everything else goes on to the
 * parser, whole packet after whole packet. For each row the driver would make a packet, ask its command, and look for a next one.
 */
export class RowFrames {
  readonly #connection: FramedConnection;
  readonly #query: FramedQuery;
  readonly #sink: RowSink;
  readonly #parser: FramedConnection["packetParser"];
  /** What came of a packet that is not a row, or of a header. */
  #rest: Buffer = Buffer.alloc(0);
  /** A row has begun; so much of its packet is still to come, and whether another packet follows. */
  #inRow = false;
  #left = 0;
  #goesOn = false;

  /** Nothing may be on its way on the connection but the query. */
  constructor(connection: FramedConnection, query: FramedQuery, sink: RowSink) {
    this.#connection = connection;
    this.#query = query;
    this.#sink = sink;
    this.#parser = connection.packetParser;
    connection.packetParser = { execute: (chunk) => this.#execute(chunk) };
  }

  /** The query is over. */
  end(): void {
    this.#connection.packetParser = this.#parser;
  }

  #execute(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = bytes.subarray(bytes.length);
    let at = this.#fill(bytes, 0);
    while (at < bytes.length) {
      const next = this.#take(bytes, at);
      if (next === undefined) {
        this.#rest = bytes.subarray(at);
        return;
      }
      at = next;
    }
  }

  /** Takes the packet that begins at `at`, of a row as much as there is; undefined when there is not enough to do so. */
  #take(bytes: Buffer, at: number): number | undefined {
    if (bytes.length < at + headerBytes) return undefined;
    const size = bytes.readUIntLE(at, 3);
    const start = at + headerBytes;
    if (!this.#inRow && bytes.length === start && size > 0) return undefined;
    if (this.#inRow || this.#isRow(bytes[start], size)) {
      [this.#inRow, this.#left, this.#goesOn] = [true, size, size === longestPacket];
      return this.#fill(bytes, start);
    }
    if (bytes.length < start + size) return undefined;
    // The driver has not seen the rows before it.
    this.#connection.sequenceId = bytes[at + 3] ?? 0;
    this.#parser.execute(bytes.subarray(at, start + size));
    return start + size;
  }

  #isRow(first: number | undefined, size: number): boolean {
    if (this.#query.next !== this.#query.row || first === errorTag) return false;
    return first !== endTag || size >= longestEnd;
  }

  #fill(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    if (end > at) this.#sink.bytes(bytes, at, end);
    this.#left -= end - at;
    if (this.#inRow && this.#left === 0 && !this.#goesOn) {
      this.#inRow = false;
      this.#sink.rowEnd();
    }
    return end;
  }
}
