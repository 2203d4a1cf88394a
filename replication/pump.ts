import type { Clock } from "../core/clock.ts";
import { HotsiteError, PreflightError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { formatPosition, includesPosition, parsePosition, type GtidPosition } from "../core/position.ts";
import type { LinkOrder, SkipOrder } from "../core/protection.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { BinlogDump } from "./binlog/dump.ts";
import { EventError, type FilePlace } from "./binlog/place.ts";
import type { SourceChange, SourceRows } from "./binlog/open-rows.ts";
import { TransactionAssembler, type Piece } from "./binlog/transactions.ts";
import type { XaStep } from "./binlog/xa.ts";
import { readCharsets } from "./charsets.ts";
import { beginCopy, FirstCopy, type CopyStep } from "./copy.ts";
import { CopyGate } from "./copy-gate.ts";
import { Decisions } from "./decisions.ts";
import { compressedBlock } from "./far.ts";
import { partBytes } from "./read-pieces.ts";
import { readerId } from "./reader-id.ts";
import type { CopyProgress, PreparedTransaction, StreamRecord } from "./record.ts";
import { tableFaults } from "./table-faults.ts";
import type { ResumePoint } from "./resume.ts";
import { writePayload } from "./logged-batch.ts";
import { wholeDatabases, type Selection } from "./selection/selection.ts";
import { Source, type SourceOptions } from "./source.ts";
import { carriedOrigins, sourceState, startPosition } from "./start-position.ts";

export interface PumpOptions {
  readonly source: SourceOptions;
  readonly log: Log;
  readonly order: LinkOrder;
  readonly databases: readonly string[];
  /** What of them travels, and their names at the target; without it all, under their own. */
  readonly selection?: Selection;
  readonly clock: Clock;
  /** A transaction to leave out, which may be one that cannot be read. */
  readonly skip?: SkipOrder;
  /** Resolves when the log may take more: of a transaction that it has a part of, or of others. */
  readonly room: (unfinished: boolean, signal: AbortSignal) => Promise<void>;
  /** Called after each batch that is in the log. */
  readonly onAppended: (appended: Appended) => void;
}

export interface Appended {
  /** GTID position of the source up to which everything is in the log. */
  readonly position: string;
  readonly sequence: number;
  readonly copy: CopyProgress | undefined;
  /** Prepared there, and neither committed nor rolled back. */
  readonly prepared: readonly PreparedTransaction[];
  /** What has to be committed or rolled back at the source before the first copy can take a row. */
  readonly waitsFor: readonly string[];
  /** Where in the source's binlog that is, and when its last transaction was committed; undefined before the first. */
  readonly reached: { readonly place: FilePlace; readonly commitMs: number } | undefined;
}

/** Moves transactions from the source's binlog to the log over one connection, until the signal is aborted or something fails. */
export async function pump(options: PumpOptions, resume: ResumePoint, signal: AbortSignal): Promise<void> {
  const { databases, clock, order, selection = wholeDatabases(databases) } = options;
  await using source = await Source.open(options.source, signal);
  const builder = new BatchBuilder(resume.next, (database) => selection.nameAtTarget(database));
  if (resume.unfinished) builder.add({ kind: "abort" });
  const begun = resume.position === undefined ? await beginCopy(source, selection) : undefined;
  if (begun !== undefined) builder.add(begun.record);
  const state = await sourceState(source);
  const origins = carriedOrigins(state, resume.origin);
  const others = resume.origin === state.origin ? "looked-at" : "passed";
  const from = startPosition(parsePosition(begun?.position ?? resume.position ?? ""), state, origins, others);
  const charsets = await readCharsets(source);
  const { flavour } = source.version;
  const assembler = new TransactionAssembler(
    { flavour, databases, selection, charsets, origins, partBytes, ...skipOf(options) },
    from,
  );
  const progress = begun?.progress ?? resume.copy;
  const copy = progress && new FirstCopy(source, selection, progress);
  const reader = `${order.from}/${order.to}`;
  const serverId = readerId(reader);
  const decisions = new Decisions(options, `${reader}/prepared`, resume.prepared);
  const gate = progress && hasNoRows(progress) ? new CopyGate(source, clock) : undefined;
  const compressBytes = await compressedBlock(source);
  await using dump = new BinlogDump(
    { source: options.source, from: formatPosition(from), serverId, clock, compressBytes },
    signal,
  );
  await new Pump(options, { builder, assembler, copy, source, decisions, gate }, signal).run(dump);
}

function skipOf({ skip }: PumpOptions): { skip?: string } {
  return skip === undefined ? {} : { skip: skip.gtid };
}

interface Parts {
  readonly builder: BatchBuilder;
  readonly assembler: TransactionAssembler;
  readonly copy: FirstCopy | undefined;
  readonly source: Source;
  readonly decisions: Decisions;
  /** Before the copy has taken its first row. */
  readonly gate: CopyGate | undefined;
}

/** Rows of Hotsite's own tables. */
function isOwn(change: SourceChange): change is SourceRows {
  return change.kind !== "statement" && change.table.database === "hotsite";
}

class Pump {
  readonly #options: PumpOptions;
  readonly #builder: BatchBuilder;
  readonly #assembler: TransactionAssembler;
  readonly #source: Source;
  readonly #decisions: Decisions;
  readonly #gate: CopyGate | undefined;
  readonly #signal: AbortSignal;
  #copy: FirstCopy | undefined;
  #commitMs: number | undefined;
  /** What the source had run when its catalogue was asked last. */
  #asked: GtidPosition | undefined;

  constructor(
    options: PumpOptions,
    { builder, assembler, copy, source, decisions, gate }: Parts,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#builder = builder;
    this.#assembler = assembler;
    this.#source = source;
    this.#decisions = decisions;
    this.#gate = gate;
    this.#signal = signal;
    this.#copy = copy;
  }

  /** Before an event that cannot be carried all others are in the log: what was left out there does not come again. */
  async run(dump: BinlogDump): Promise<void> {
    try {
      await this.#follow(dump);
    } catch (error) {
      if (error instanceof EventError) await this.#flush();
      throw error;
    }
  }

  /** Whatever has come goes into one batch: at once when it is little, in large batches when there is a backlog. */
  async #follow(dump: BinlogDump): Promise<void> {
    for (;;) {
      await this.#flush();
      for (const event of await dump.take(this.#signal)) {
        for (const piece of this.#assembler.push(event)) {
          if (piece.xa === undefined) this.#add(piece);
          else await this.#addInPhases(piece, piece.xa);
          if (piece.changes.some(({ kind }) => kind === "statement")) await this.#requireCarriedTypes(piece);
          if (this.#builder.full) await this.#flush();
        }
        if (this.#copy !== undefined && !this.#assembler.open) await this.#copyHere(this.#copy);
      }
    }
  }

  /** The position includes the transaction with its last part: before that, the log would not give it again. */
  async #addInPhases(piece: Piece, xa: XaStep): Promise<void> {
    const before = this.#assembler.position;
    const sought = this.#copy === undefined || !hasNoRows(this.#copy.progress);
    for await (const part of this.#decisions.take(piece, xa, { before, sought }, this.#signal)) {
      if (part.xa !== undefined) throw undecidable(part.gtid);
      if (part.last) this.#assembler.settle();
      this.#add(part);
      if (this.#builder.full) await this.#flush();
    }
  }

  #add(piece: Piece): void {
    this.#commitMs = piece.commitMs;
    const asIs = this.#copy === undefined && !piece.changes.some(isOwn);
    const changes = asIs
      ? piece.changes
      : piece.changes.flatMap((change) => this.#carried(change, piece.gtid));
    this.#builder.addPiece(piece, changes);
  }

  /** The rows of Hotsite's own tables may be at the target already. */
  #carried(change: SourceChange, gtid: string): readonly SourceChange[] {
    const carried = this.#copy?.filter(change, gtid) ?? [change];
    return isOwn(change) ? [{ ...change, overlap: true }] : carried;
  }

  /**
   * Some types look like others in the binlog: only the source's own catalogue tells that a statement has made one. It tells of all that
   * the source had run by then: of many statements in a row few ask.
   */
  async #requireCarriedTypes({ gtid }: Piece): Promise<void> {
    if (this.#asked !== undefined && includesPosition(this.#asked, parsePosition(gtid))) return;
    const { databases, selection = wholeDatabases(databases) } = this.#options;
    this.#asked = (await sourceState(this.#source)).position;
    const faults = await tableFaults(this.#source, selection);
    if (faults.length > 0) throw new PreflightError("the schema after a statement", faults);
  }

  async #copyHere(copy: FirstCopy): Promise<void> {
    if (this.#gate !== undefined && !(await this.#gate.isOpen((xid) => this.#decisions.knows(xid)))) return;
    for (;;) {
      const step = await copy.step(this.#assembler);
      if (step === undefined) return;
      this.#addStep(step);
      if (this.#builder.full) await this.#flush();
      if (step.progress === undefined) return;
    }
  }

  #addStep({ rows: chunk, records, progress }: CopyStep): void {
    if (chunk !== undefined) {
      const { schema, rows } = chunk;
      this.#builder.add({ kind: "copy-chunk", table: this.#builder.table(schema), rows }, rows.bytes.length);
    }
    for (const record of records) this.#builder.add(record);
    if (progress === undefined) this.#copy = undefined;
  }

  #reached(): Appended["reached"] {
    const { committed: place } = this.#assembler;
    const commitMs = this.#commitMs;
    return place === undefined || commitMs === undefined ? undefined : { place, commitMs };
  }

  async #flush(): Promise<void> {
    if (this.#builder.empty) return;
    const { log, order, room, onAppended } = this.#options;
    const position = formatPosition(this.#assembler.position);
    const copy = this.#copy?.progress;
    const prepared = this.#decisions.undecided;
    const batch = this.#builder.take(position, copy, prepared);
    await room(batch.records[0] !== undefined && goesOn(batch.records[0]), this.#signal);
    const [first = 0, last = 0] = [batch.records[0]?.seq, batch.records.at(-1)?.seq];
    // Where this Node has no zstd it is gzip.
    const payload = writePayload(batch, log.remote === true ? "zstd" : "none");
    await log.append({ stream: order.stream, epoch: order.epoch, first, last, payload });
    const waitsFor = this.#gate?.waiting ?? [];
    onAppended({ position, sequence: last, copy, prepared, waitsFor, reached: this.#reached() });
  }
}

function hasNoRows({ done, lastKey }: CopyProgress): boolean {
  return done === 0 && lastKey === undefined;
}

function undecidable(gtid: string): HotsiteError {
  return new HotsiteError(
    "prepared-before",
    `at ${gtid}: it commits what was prepared by XA, and the source's binlog does not tell what that was`,
    { hint: "make a new first copy: hotsite reprotect", details: { gtid } },
  );
}

/** Whether what is in the log can not be applied without this record: a later part of a transaction, or word that there is none. */
function goesOn(record: StreamRecord): boolean {
  return record.kind === "abort" || (record.kind === "transaction" && record.part > 1);
}
