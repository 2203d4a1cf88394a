import type { LinkStatus } from "../../core/protection.ts";
import type { MetricFamily, Sample } from "./exposition.ts";

/** What a monitor is told of a link. */
interface Figure {
  readonly name: string;
  readonly help: string;
  /** Default: gauge. */
  readonly kind?: MetricFamily["kind"];
  /** Undefined while it is not known. */
  readonly value: (status: LinkStatus) => number | undefined;
}

const states: readonly LinkStatus["state"][] = [
  ...(["starting", "copying", "streaming", "paused", "stopped", "failed"] as const),
];

/** Every figure that has one value, in the order of the documentation. */
export const figures: readonly Figure[] = [
  {
    name: "hotsite_link_lag_seconds",
    help: "Seconds from a heartbeat's writing at the source to its commit at the target; grows while none arrives.",
    value: ({ lagSeconds }) => lagSeconds,
  },
  {
    name: "hotsite_link_log_behind_transactions",
    help: "Records of the log that the target has not applied yet.",
    value: ({ behindTransactions }) => behindTransactions,
  },
  {
    name: "hotsite_link_log_behind_bytes",
    help: "The same in bytes; absent while some of them were written by an earlier process.",
    value: ({ behindBytes }) => behindBytes,
  },
  {
    name: "hotsite_link_log_behind_seconds",
    help: "For how long the oldest of them has been in the log; 0 when there is none.",
    value: ({ behindSeconds }) => behindSeconds,
  },
  {
    name: "hotsite_link_log_appends_total",
    help: "Batches that the log has taken since this process started.",
    kind: "counter",
    value: ({ appends }) => appends?.count,
  },
  {
    name: "hotsite_link_log_append_seconds_total",
    help: "How long the log took for all of them together.",
    kind: "counter",
    value: ({ appends }) => appends?.seconds,
  },
  {
    name: "hotsite_link_log_append_failures_total",
    help: "Batches that the log did not take or did not answer; they are tried again.",
    kind: "counter",
    value: ({ appends }) => appends?.failed,
  },
  {
    name: "hotsite_link_log_retention_seconds",
    help: "Seconds until the brokers may throw away records that are needed; absent where they never do by age.",
    value: ({ logRetentionSeconds }) => logRetentionSeconds,
  },
  {
    name: "hotsite_link_warnings",
    help: "Number of things that would go wrong if nobody did anything; `hotsite replication status` names them.",
    value: ({ state, warnings = [] }) => (state === "stopped" ? undefined : warnings.length),
  },
  {
    name: "hotsite_link_log_bytes",
    help: "Bytes that the log keeps on this computer; absent where brokers keep it.",
    value: ({ log }) => log?.bytes,
  },
  {
    name: "hotsite_link_log_limit_bytes",
    help: "How much it may keep; then nothing more is read from the source.",
    value: ({ log }) => log?.limitBytes,
  },
  {
    name: "hotsite_link_log_full",
    help: "1 while nothing is read from the source because the log has no room, else 0.",
    value: ({ log }) => log && Number(log.full),
  },
  {
    name: "hotsite_link_source_behind_bytes",
    help: "Bytes of the source's binlog that are not in the log yet.",
    value: ({ source }) => source?.behindBytes,
  },
  {
    name: "hotsite_link_source_behind_transactions",
    help: "Transactions of the source that are not in the log yet.",
    value: ({ source }) => source?.behindTransactions,
  },
  {
    name: "hotsite_link_source_behind_seconds",
    help: "Seconds since the log had everything that the source had written; 0 while it has.",
    value: ({ source }) => source?.behindSeconds,
  },
  {
    name: "hotsite_link_source_retention_seconds",
    help: "Seconds until the source may throw away binlog that is not in the log yet; absent where it never does by age.",
    value: ({ source }) => source?.retentionSeconds,
  },
  {
    name: "hotsite_link_source_clock_offset_seconds",
    help: "The source's clock minus this computer's; lag is wrong by as much.",
    value: ({ source }) => source?.clockOffsetSeconds,
  },
  {
    name: "hotsite_link_applied_records",
    help: "Number of the last record that the target has applied.",
    value: ({ sequence }) => sequence,
  },
  {
    name: "hotsite_link_epoch",
    help: "Epoch of the stream; a first copy begins a new one.",
    value: ({ epoch }) => epoch,
  },
  {
    name: "hotsite_link_copy_rows",
    help: "Rows of the first copy so far, while it runs.",
    value: ({ copy }) => copy?.rows,
  },
  {
    name: "hotsite_link_copy_total_rows",
    help: "Rows of the first copy as the source estimates them, while it runs.",
    value: ({ copy }) => copy?.totalRows,
  },
  {
    name: "hotsite_link_copy_rows_per_second",
    help: "Rows of the first copy in a second, since it began or went on.",
    value: ({ copy }) => copy?.rowsPerSecond,
  },
  {
    name: "hotsite_link_copy_restarts",
    help: "How often the first copy has begun again because the schema was changed, while it runs.",
    value: ({ copy }) => copy && (copy.restarts ?? 0),
  },
];

/** What Prometheus is told; `link` is its name, and the label of everything. Without an order there is none. */
export function linkMetrics(link: string, status: LinkStatus | undefined): readonly MetricFamily[] {
  if (status === undefined) return [];
  const sample = (value: number | undefined): readonly Sample[] =>
    value === undefined ? [] : [{ labels: { link }, value }];
  return [
    {
      name: "hotsite_link_state",
      kind: "gauge",
      help: "1 for the state that the link is in, 0 for the others.",
      samples: states.map((state) => ({ labels: { link, state }, value: state === status.state ? 1 : 0 })),
    },
    ...figures.map(({ name, help, kind = "gauge", value }) => ({
      ...{ name, help, kind },
      samples: sample(value(status)),
    })),
  ];
}
