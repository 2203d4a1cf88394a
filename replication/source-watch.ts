import type { Clock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";
import { ofOrigin, parsePosition, transactionsBetween } from "../core/position.ts";
import type { SourceLag } from "../core/protection.ts";
import type { FilePlace } from "./binlog/place.ts";
import { Source, type SourceOptions } from "./source.ts";
import { sourceState } from "./start-position.ts";

/** Each look costs the source four short questions. */
const everyMs = 5_000;

/** The end of what the log has of the source's binlog. */
export interface Reached {
  readonly place: FilePlace;
  /** When its last transaction was committed. */
  readonly commitMs: number;
  /** GTID position. */
  readonly position: string;
}

export interface SourceWatchOptions {
  readonly source: SourceOptions;
  readonly clock: Clock;
  readonly reached: () => Reached | undefined;
  readonly onSeen: (lag: SourceLag) => void;
}

/**
 * Looks now and then how much the source has that was not read yet, and how long it keeps that. What cannot be asked is left out. Throws
 * "diverged" when the source has begun its binlog anew, which a MariaDB does not tell to whoever reads it.
 */
export async function watchSource(
  { source: options, clock, reached, onSeen }: SourceWatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const stopped = (): boolean => signal.aborted;
  while (!stopped()) {
    try {
      await using source = await Source.open(options, signal);
      for (;;) {
        onSeen(await lagOf(source, clock, reached()));
        await clock.sleep(everyMs, signal);
      }
    } catch (error) {
      if (stopped()) return;
      // The feeder says what else is wrong with the source; this is only a look.
      if (!(error instanceof HotsiteError) || error.code === "diverged") throw error;
      await clock.sleep(everyMs, signal).catch(() => undefined);
    }
  }
}

async function lagOf(source: Source, clock: Clock, reached: Reached | undefined): Promise<SourceLag> {
  const clockOffsetSeconds = await clockOffset(source, clock);
  const keptSeconds = await expirySeconds(source);
  if (reached === undefined) return { clockOffsetSeconds };
  const files = await binlogFiles(source);
  if (beganAnew(reached.place, files)) throw reset(reached.place);
  const behindBytes = unreadBytes(reached.place, files);
  if (behindBytes === undefined) return { clockOffsetSeconds };
  const behindTransactions = await unreadTransactions(source, reached.position);
  const age = (clock.now() - reached.commitMs) / 1000 + clockOffsetSeconds;
  const behindSeconds = behindBytes === 0 ? 0 : Math.max(0, age);
  return {
    ...{ clockOffsetSeconds, behindBytes, behindTransactions, behindSeconds },
    ...(keptSeconds > 0 && { retentionSeconds: Math.max(0, keptSeconds - behindSeconds) }),
  };
}

interface BinlogFile {
  readonly name: string;
  readonly bytes: number;
}

async function binlogFiles(source: Source): Promise<readonly BinlogFile[]> {
  const rows = await source.rows<{ Log_name: string; File_size: string | number }>("SHOW BINARY LOGS");
  return rows.map(({ Log_name: name, File_size: bytes }) => ({ name, bytes: Number(bytes) }));
}

/** Undefined when the file is not there any more. */
export function unreadBytes({ file, offset }: FilePlace, files: readonly BinlogFile[]): number | undefined {
  const place = files.findIndex(({ name }) => name === file);
  if (place < 0) return undefined;
  const all = files.slice(place).reduce((sum, { bytes }) => sum + bytes, 0);
  return Math.max(0, all - offset);
}

/** Whether the file was read further than it is long, or has a number that the source has not come to: files are thrown away from the oldest on. */
export function beganAnew({ file, offset }: FilePlace, files: readonly BinlogFile[]): boolean {
  const there = files.find(({ name }) => name === file);
  if (there !== undefined) return there.bytes < offset;
  return files.length > 0 && files.every(({ name }) => numberOf(name) < numberOf(file));
}

/** `binlog.000017`: the base name may have dots as well. */
function numberOf(file: string): number {
  return Number(file.slice(file.lastIndexOf(".") + 1));
}

function reset({ file, offset }: FilePlace): HotsiteError {
  return new HotsiteError(
    "diverged",
    `the source has begun its binlog anew: ${file} was read up to ${offset}, which is not there any more`,
    {
      hint: "RESET MASTER makes the source count its transactions from the start: make a new first copy, hotsite reprotect",
      details: { file, offset },
    },
  );
}

/** Of its own; what it has from other servers is not carried. */
async function unreadTransactions(source: Source, read: string): Promise<number> {
  const { position, origin } = await sourceState(source);
  return transactionsBetween(ofOrigin(position, origin), ofOrigin(parsePosition(read), origin));
}

/** 0: it never throws any away by age. */
async function expirySeconds(source: Source): Promise<number> {
  const [row] = await source.rows<{ Value: string }>(
    "SHOW GLOBAL VARIABLES LIKE 'binlog_expire_logs_seconds'",
  );
  return Number(row?.Value ?? 0);
}

/** The source's clock minus ours, as exactly as one exchange tells. */
async function clockOffset(source: Source, clock: Clock): Promise<number> {
  const before = clock.now();
  const [row] = await source.rows<{ ms: string | number }>(
    "SELECT ROUND(UNIX_TIMESTAMP(NOW(6)) * 1000) AS ms",
  );
  return Math.round(Number(row?.ms) - (before + clock.now()) / 2) / 1000;
}
