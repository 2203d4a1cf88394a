import { HotsiteError, RetryableError } from "../core/errors.ts";
import type { LinkOrder } from "../core/protection.ts";
import { ApplyError } from "./apply-error.ts";
import { heldSql, lostCheckpoint } from "./checkpoint.ts";
import { failpoint } from "./failpoint.ts";
import type { Identity } from "./identity.ts";
import { copiedBody, loadSql } from "./load-sql.ts";
import type { CopyChunkRecord, TableSchema } from "./record.ts";
import type { TargetTable } from "./row-sql.ts";
import { allChecks, checksSql } from "./session.ts";
import { StatementWriter } from "./statements.ts";
import { TargetError, type Target } from "./target.ts";

export interface CopyWorkersOptions {
  readonly order: LinkOrder;
  readonly identity: Identity;
  /** One connection each. */
  readonly connect: () => Promise<Target>;
}

/** What is copied at the same time, of one table or of several. */
const most = 2;
/** So many pieces for one move of the checkpoint. */
const together = 16;
/** Room of a worker for what LOAD DATA reads: enough for every piece without large rows. */
const roomBytes = 3 * 2 ** 20;
/** Workers that write to neighbouring places may meet; then one of them begins again. */
const attempts = 5;

/** A connection, and the room that what goes through it is put into: new room for each piece would have to be collected each time. */
interface CopyWorker {
  readonly target: Target;
  readonly room: Buffer;
}

/**
 * Writes copied rows over several connections, each piece in a transaction of its own. None of them moves the checkpoint: a piece may be
 * written again, since rows that are there already are equal as long as nothing after it was applied. The checkpoint is held by every
 * one of them, so a processor that has lost it writes nothing any more.
 */
export class CopyWorkers implements AsyncDisposable {
  readonly #options: CopyWorkersOptions;
  readonly #idle: CopyWorker[] = [];
  readonly #opened: Target[] = [];
  readonly #running = new Set<Promise<void>>();
  #loads: boolean | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Pieces that the checkpoint has not passed, and the number of the last one. */
  #pieces = 0;
  #last = 0;

  constructor(options: CopyWorkersOptions) {
    this.#options = options;
  }

  /** Something was added since the last `drained`. */
  get busy(): boolean {
    return this.#pieces > 0;
  }

  /** The checkpoint should move before more is added. */
  get full(): boolean {
    return this.#pieces >= together;
  }

  /** Resolves when the piece is on its way. Rejects as a piece before it did. `from`: where the checkpoint stands. */
  async add(record: CopyChunkRecord, schema: TableSchema, table: TargetTable, from: number): Promise<void> {
    const worker = await this.#free();
    [this.#pieces, this.#last] = [this.#pieces + 1, record.seq];
    this.#loads ??= await worker.target.loads();
    const work = this.#write(worker, record, schema, table, from).then(
      () => void this.#idle.push(worker),
      (error: unknown) => void (this.#failure ??= { error }),
    );
    this.#running.add(work);
    void work.then(() => this.#running.delete(work));
  }

  /** Resolves when everything is written, with the number of the last piece. */
  async drained(): Promise<number> {
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#pieces = 0;
    return this.#last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((target) => target[Symbol.asyncDispose]()));
  }

  async #free(): Promise<CopyWorker> {
    while (this.#idle.length === 0 && this.#running.size >= most) await Promise.race(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const target = await this.#options.connect();
    this.#opened.push(target);
    return { target, room: Buffer.allocUnsafe(roomBytes) };
  }

  async #write(
    { target, room }: CopyWorker,
    { seq, rows }: CopyChunkRecord,
    schema: TableSchema,
    table: TargetTable,
    from: number,
  ): Promise<void> {
    const offsets = rows.offsets(schema.columns.length);
    const places = [...schema.columns.keys()];
    const insert = (): readonly string[] => {
      const writer = new StatementWriter(false, target.version.flavour);
      writer.copy(table, rows.images(schema.columns));
      return writer.finish().map(({ sql }) => sql);
    };
    const load = async (): Promise<boolean> =>
      this.#loads === true &&
      table.loads &&
      (await target.load(loadSql(table, places), copiedBody(rows, offsets, room))) === rows.count;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#begin(target, from);
        if (!(await load())) {
          await target.run("ROLLBACK");
          await this.#begin(target, from);
          for (const sql of insert()) await target.run(sql);
        }
        failpoint("before-target-commit");
        await target.run("COMMIT");
        return;
      } catch (error) {
        if (error instanceof TargetError)
          throw new ApplyError(
            this.#options.order,
            { seq },
            `copy into ${schema.table}: ${error.message}`,
            error,
          );
        if (!(error instanceof RetryableError) || attempt === attempts || !isDeadlock(error)) throw error;
      }
    }
  }

  async #begin(target: Target, from: number): Promise<void> {
    const { identity, order } = this.#options;
    const checks = checksSql(
      { ...allChecks, foreignKeys: false, constraints: false },
      target.version.flavour,
    );
    const begin = [...identity.own(), checks, "START TRANSACTION", heldSql(order, from)];
    const counts = await target.run(begin.join(";\n"));
    if (counts.at(-1) !== 1) throw lostCheckpoint(order);
  }
}

const deadlock = 1213;

function isDeadlock(error: HotsiteError): boolean {
  const { cause } = error as { cause?: { errno?: number } };
  return cause?.errno === deadlock;
}
