import type { LogKeeping } from "../core/log.ts";
import type { CopyStatus, SourceLag } from "../core/protection.ts";

/** Time enough for a person to come and do something. */
const soonSeconds = 6 * 3600;

/** Once or twice somebody changes a schema; more often is a habit that a copy may never get between. */
const manyRestarts = 3;

/** What would go wrong with a link if nobody did anything, each as a line with what to do. */
export function warningsOf(
  source: SourceLag | undefined,
  keeping: LogKeeping | undefined,
  copy?: CopyStatus,
): readonly string[] {
  return [...sourceWarnings(source), ...logWarnings(keeping), ...copyWarnings(copy)];
}

function sourceWarnings({ retentionSeconds }: SourceLag = {}): readonly string[] {
  if (retentionSeconds === undefined || retentionSeconds > soonSeconds) return [];
  return [
    `the source may throw away binlog that was not read yet in ${hours(retentionSeconds)}, and a new first copy would follow: raise its binlog_expire_logs_seconds`,
  ];
}

function logWarnings({ retentionSeconds, faults }: LogKeeping = { faults: [] }): readonly string[] {
  const when = retentionSeconds === undefined ? "" : ` in ${hours(retentionSeconds)}`;
  return faults.map(
    ({ path, problem, found, remedy }) =>
      `the log: ${path} is ${found ?? "not set"}: ${problem}${when}: ${remedy ?? ""}`,
  );
}

function copyWarnings({ restarts = 0 }: Partial<CopyStatus> = {}): readonly string[] {
  if (restarts < manyRestarts) return [];
  return [
    `the first copy has begun again ${restarts} times because the schema was changed while it ran, and may never end: leave the schema as it is until it is complete, or leave out what is made and dropped all the time (tables: { exclude: […] }), then hotsite replication reseed`,
  ];
}

function hours(seconds: number): string {
  return seconds < 7200 ? `${Math.floor(seconds / 60)} minutes` : `${Math.floor(seconds / 3600)} hours`;
}
