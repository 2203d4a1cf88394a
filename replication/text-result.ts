import type { Connection } from "mysql2/promise";
import { RowFrames, type FramedConnection, type FramedQuery } from "./row-frames.ts";
import { TextRows } from "./text-rows.ts";

/** So many pieces wait for their reader before the server is made to wait. */
const piecesAhead = 2;

/** Asks for rows and gives them in pieces, each value as the server sent it: nothing is taken apart. Memory stays bounded. */
export class TextResult {
  readonly #connection: DriverConnection;
  readonly #frames: RowFrames;
  readonly #pieceBytes: number;
  #pieces: TextRows[] = [];
  /** Rows of the piece that is being filled. */
  #bytes = Buffer.allocUnsafe(0);
  #length = 0;
  #count = 0;
  #discards = false;
  #paused = false;
  #over = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(connection: Connection, sql: string, pieceBytes: number) {
    // The driver's wrapper that gives promises hides the packets; what it wraps does not.
    this.#connection = (connection as unknown as { readonly connection: DriverConnection }).connection;
    this.#pieceBytes = pieceBytes;
    const query = this.#connection.query({ sql, rowsAsArray: true }, (error) => this.#ended(error));
    this.#frames = new RowFrames(this.#connection, query, {
      bytes: (chunk, start, end) => this.#add(chunk, start, end),
      rowEnd: () => this.#rowEnd(),
    });
  }

  /** The next piece; undefined at the end. */
  async take(): Promise<TextRows | undefined> {
    while (this.#pieces.length === 0 && !this.#over)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    const piece = this.#pieces.shift();
    if (this.#paused && this.#pieces.length < piecesAhead) {
      this.#paused = false;
      this.#connection.resume();
    }
    if (piece === undefined && this.#failure !== undefined) throw this.#failure;
    return piece;
  }

  /** Nobody wants the rest. */
  discard(): void {
    this.#discards = true;
    [this.#pieces, this.#length, this.#count] = [[], 0, 0];
    if (this.#paused) this.#connection.resume();
    this.#paused = false;
  }

  #add(chunk: Buffer, start: number, end: number): void {
    if (this.#discards) return;
    this.#reserve(end - start);
    chunk.copy(this.#bytes, this.#length, start, end);
    this.#length += end - start;
  }

  #rowEnd(): void {
    if (this.#discards) return;
    this.#count += 1;
    if (this.#length < this.#pieceBytes) return;
    this.#cut();
    if (this.#pieces.length < piecesAhead || this.#paused) return;
    this.#paused = true;
    this.#connection.pause();
  }

  #cut(): void {
    if (this.#count > 0) this.#pieces.push(new TextRows(this.#bytes.subarray(0, this.#length), this.#count));
    // A whole piece is followed by another one: room that grows would be thrown away again and again.
    const room = this.#length < this.#pieceBytes ? 0 : this.#pieceBytes + this.#pieceBytes / 16;
    [this.#bytes, this.#length, this.#count] = [Buffer.allocUnsafe(room), 0, 0];
    this.#wake();
  }

  #ended(error: Error | null): void {
    this.#frames.end();
    [this.#over, this.#failure] = [true, error ?? undefined];
    this.#cut();
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length, smallestBuffer));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const smallestBuffer = 4096;

/** What the driver's declarations leave out. */
interface DriverConnection extends FramedConnection {
  query(options: object, ended: (error: Error | null) => void): FramedQuery;
  pause(): void;
  resume(): void;
}
