import type { Clock } from "../core/clock.ts";
import { formatPosition, type GtidPosition, type Origin } from "../core/position.ts";
import { BinlogDump } from "./binlog/dump.ts";
import { TransactionAssembler, type Piece } from "./binlog/transactions.ts";
import { readCharsets } from "./charsets.ts";
import { readerId } from "./reader-id.ts";
import type { Selection } from "./selection/selection.ts";
import { Source, type SourceOptions } from "./source.ts";
import { sourceState, startPosition, type SourceState } from "./start-position.ts";

export interface ReadOptions {
  readonly source: SourceOptions;
  readonly databases: readonly string[];
  /** What of them travels; without it all. */
  readonly selection?: Selection;
  readonly clock: Clock;
}

/** Size from which a transaction travels in parts: below the size of a batch, which is then one part. */
export const partBytes = 900_000;

/** The source's binlog from some position on, and who puts its events together. The dump is the caller's to dispose of. */
export interface Reading {
  readonly assembler: TransactionAssembler;
  readonly dump: BinlogDump;
}

/** `connection`: to the same source. `reader`: of this name one reads at a time. */
export async function openReading(
  { source, databases, selection, clock }: ReadOptions,
  connection: Source,
  { start, origins, reader }: { start: GtidPosition; origins: readonly Origin[]; reader: string },
  signal: AbortSignal,
): Promise<Reading> {
  const { flavour } = connection.version;
  const charsets = await readCharsets(connection);
  const common = { flavour, databases, charsets, origins, strangers: "passed", partBytes } as const;
  const assembler = new TransactionAssembler(
    { ...common, ...(selection !== undefined && { selection }) },
    start,
  );
  const from = formatPosition(start);
  return { assembler, dump: new BinlogDump({ source, from, serverId: readerId(reader), clock }, signal) };
}

export interface Stretch {
  /** The position before what is read. */
  readonly from: (state: SourceState) => GtidPosition;
  readonly origin: Origin;
  /** Of this name one reads at a time. */
  readonly reader: string;
}

/** Everything that the source has written after a position, as its binlog has it, until nobody takes more. */
export async function* piecesFrom(
  options: ReadOptions,
  { from, origin, reader }: Stretch,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  await using connection = await Source.open(options.source, signal);
  const state = await sourceState(connection);
  const start = startPosition(from(state), state, [origin]);
  const { assembler, dump } = await openReading(
    options,
    connection,
    { start, origins: [origin], reader },
    signal,
  );
  await using reading = dump;
  for (;;) for (const event of await reading.take(signal)) yield* assembler.push(event);
}
