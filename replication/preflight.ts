import type { Clock } from "../core/clock.ts";
import type { Fault } from "../core/errors.ts";
import type { Flavour } from "./flavour.ts";
import { privilegeFaults } from "./source-grants.ts";
import { selectionFaults } from "./selection-faults.ts";
import { wholeDatabases, type Selection } from "./selection/selection.ts";
import { Source, type SourceOptions } from "./source.ts";
import { missingDatabases, tableFaults } from "./table-faults.ts";

export interface PreflightOptions {
  readonly source: SourceOptions;
  /** What is to be replicated. */
  readonly databases: readonly string[];
  /** What of them is; without it all. */
  readonly selection?: Selection;
  readonly clock: Clock;
}

/** Everything at once that keeps the source from being replicated, each with what mends it. Throws when the source cannot be asked. */
export async function preflightSource(
  { source: options, databases, selection = wholeDatabases(databases), clock }: PreflightOptions,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  await using source = await Source.open(options, signal);
  return [
    ...(await settingFaults(source)),
    ...(await clockFaults(source, clock)),
    ...(await privilegeFaults(source, databases)),
    ...(await missingDatabases(source, databases)),
    ...(await tableFaults(source, selection)),
    ...(await selectionFaults(source, selection)),
  ];
}

interface Setting {
  readonly name: string;
  readonly wanted: string;
  readonly fits: (value: string) => boolean;
  /** It takes effect without a restart. */
  readonly dynamic: boolean;
}

const is = (name: string, wanted: string, dynamic = true): Setting => ({
  ...{ name, wanted, dynamic },
  fits: (value) => value.toUpperCase() === wanted,
});
const oneDay = 86_400;
const numberOfItsOwn = "a number of its own";

const common: readonly Setting[] = [
  is("log_bin", "ON", false),
  is("binlog_row_image", "FULL"),
  is("binlog_row_metadata", "FULL"),
  { name: "server_id", wanted: numberOfItsOwn, fits: (value) => Number(value) > 1, dynamic: true },
  {
    ...{ name: "binlog_expire_logs_seconds", wanted: `0 or at least ${oneDay}`, dynamic: true },
    fits: (value) => Number(value) === 0 || Number(value) >= oneDay,
  },
];

const settings: Readonly<Record<Flavour, readonly Setting[]>> = {
  mariadb: [
    is("binlog_format", "ROW"),
    ...common,
    is("log_slave_updates", "ON", false),
    is("binlog_alter_two_phase", "OFF"),
    is("gtid_strict_mode", "ON"),
    is("mysql56_temporal_format", "ON"),
    { name: "gtid_domain_id", wanted: numberOfItsOwn, fits: (value) => Number(value) > 0, dynamic: true },
  ],
  mysql: [
    is("binlog_format", "ROW"),
    ...common,
    // Versions that have a newer name for it know the old one, too.
    is("log_slave_updates", "ON", false),
    is("gtid_mode", "ON"),
    is("enforce_gtid_consistency", "ON"),
    // Updates of parts of JSON documents lack the rest.
    { name: "binlog_row_value_options", wanted: "nothing", fits: (value) => value === "", dynamic: true },
  ],
};

/** A server that does not know them has no other way. */
const optional = new Set(["binlog_alter_two_phase", "log_slave_updates", "binlog_format"]);

async function settingFaults(source: Source): Promise<readonly Fault[]> {
  const rows = await source.rows<{ Variable_name: string; Value: string }>("SHOW GLOBAL VARIABLES");
  const values = new Map(rows.map(({ Variable_name, Value }) => [Variable_name, Value]));
  const { flavour } = source.version;
  const statement = flavour === "mysql" ? "SET PERSIST" : "SET GLOBAL";
  return settings[flavour].flatMap(({ name, wanted, fits, dynamic }) => {
    const value = values.get(name);
    if (value === undefined ? optional.has(name) : fits(value)) return [];
    const remedy = dynamic
      ? `${statement} ${name} = …${flavour === "mysql" ? "" : ", and in its configuration"}`
      : "set it and restart the server";
    return [
      {
        path: `source: ${name}`,
        problem: "not as replication needs it",
        found: value ?? "nothing",
        allowed: wanted,
        remedy,
      },
    ];
  });
}

const toleratedMs = 5_000;

/** Lag is measured between two clocks. */
async function clockFaults(source: Source, clock: Clock): Promise<readonly Fault[]> {
  const before = clock.now();
  const [row] = await source.rows<{ ms: string | number }>(
    "SELECT ROUND(UNIX_TIMESTAMP(NOW(6)) * 1000) AS ms",
  );
  const after = clock.now();
  const offset = Number(row?.ms) - (before + after) / 2;
  if (Math.abs(offset) <= toleratedMs + (after - before) / 2) return [];
  const found = `${(offset / 1000).toFixed(1)} s`;
  return [
    {
      path: "source: clock",
      problem: "it differs from the gateway's",
      found,
      remedy: "run an NTP client on both",
    },
  ];
}
