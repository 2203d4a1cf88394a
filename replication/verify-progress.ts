import type { Clock } from "../core/clock.ts";

/** How far a comparison is. */
export interface VerifyProgress {
  /** The table that is being compared: `database.table`. */
  readonly table: string;
  readonly tables: { readonly done: number; readonly of: number };
  /** Of all tables; how many there are the source estimates. */
  readonly rows: { readonly done: number; readonly of: number };
  /** Milliseconds since it began, and how many of the rows it has compared in them. */
  readonly ms: number;
  readonly rowsCompared: number;
}

export interface PaceOptions {
  readonly clock: Clock;
  readonly maxRowsPerSecond?: number;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** Tells how far a comparison is, and keeps it from going faster than it may. */
export class Pace {
  readonly #options: PaceOptions;
  readonly #rows: number;
  readonly #tables: number;
  readonly #beganMs: number;
  #table = "";
  #tablesDone = 0;
  #rowsBefore = 0;
  #rowsCompared = 0;

  constructor(of: { readonly tables: number; readonly rows: number }, options: PaceOptions) {
    this.#tables = of.tables;
    this.#rows = of.rows;
    this.#options = options;
    this.#beganMs = options.clock.now();
  }

  tableBegins(table: string): void {
    this.#table = table;
    this.#tell();
  }

  tableDone(): void {
    this.#tablesDone += 1;
    this.#tell();
  }

  /** These were compared in an earlier run. */
  rowsKnown(count: number): void {
    this.#rowsBefore += count;
  }

  /** Resolves when more may be compared. */
  async rowsDone(count: number, signal: AbortSignal): Promise<void> {
    this.#rowsCompared += count;
    this.#tell();
    const { clock, maxRowsPerSecond } = this.#options;
    if (maxRowsPerSecond === undefined) return;
    const dueMs = this.#beganMs + (this.#rowsCompared / maxRowsPerSecond) * 1000;
    if (dueMs > clock.now()) await clock.sleep(dueMs - clock.now(), signal);
  }

  #tell(): void {
    const { clock, onProgress } = this.#options;
    const done = this.#rowsBefore + this.#rowsCompared;
    onProgress?.({
      table: this.#table,
      tables: { done: this.#tablesDone, of: this.#tables },
      // The estimate may be too low.
      rows: { done, of: Math.max(done, this.#rows) },
      ms: clock.now() - this.#beganMs,
      rowsCompared: this.#rowsCompared,
    });
  }
}
