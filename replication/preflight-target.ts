import type { Fault } from "../core/errors.ts";
import { isAtLeast, type Flavour, type ServerVersion } from "./flavour.ts";
import { quoteName, quoteString } from "./literal.ts";
import { eventFaults } from "./quiet-events.ts";
import { schemaFeatureFaults } from "./schema-faults.ts";
import { wholeDatabases, type Selection } from "./selection/selection.ts";
import { Source, type SourceOptions } from "./source.ts";
import { targetPrivilegeFaults } from "./target-privileges.ts";
import { Target, type TargetOptions } from "./target.ts";

export interface TargetPreflightOptions {
  readonly target: TargetOptions;
  /** Where the data comes from. */
  readonly source: SourceOptions;
  /** What is to be replicated. */
  readonly databases: readonly string[];
  /** What of them is, and their names at the target; without it all, under their own. */
  readonly selection?: Selection;
  /** Whether a first copy replaces what is there. */
  readonly copies: boolean;
}

/** Everything at once that keeps the target from following this source, each with what mends it. Throws when one of them cannot be asked. */
export async function preflightTarget(
  {
    target: server,
    source: from,
    databases,
    selection = wholeDatabases(databases),
    copies,
  }: TargetPreflightOptions,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  await using target = await Target.ask(server, signal);
  await using source = await Source.open(from, signal);
  const ours = selection.databasesAtTarget;
  const [here, there] = [await variables(target), await variables(source)];
  return [
    ...versionFaults(target.version),
    ...settingFaults(here, target.version.flavour),
    ...pairFaults(here, there, target.version.flavour === source.version.flavour),
    ...(await targetPrivilegeFaults(target, ours)),
    ...(copies || target.version.flavour === "mariadb" ? [] : await programFaults(target, ours)),
    ...(await eventFaults(source, target, selection)),
    ...(await schemaFeatureFaults(source, target, selection)),
  ];
}

type Variables = ReadonlyMap<string, string>;

async function variables(server: { rows<T>(sql: string): Promise<readonly T[]> }): Promise<Variables> {
  const rows = await server
    .rows<{ name: string; value: string }>("SHOW GLOBAL VARIABLES")
    .then((all) => all.map((row) => Object.values(row).map(String)));
  return new Map(rows.map(([name = "", value = ""]) => [name.toLowerCase(), value]));
}

/** What came before has no session in which a source's transactions could be repeated. */
const oldest: Readonly<Record<Flavour, readonly number[]>> = { mariadb: [10, 6], mysql: [8, 0, 14] };

function versionFaults(version: ServerVersion): readonly Fault[] {
  const wanted = oldest[version.flavour];
  if (isAtLeast(version, ...wanted)) return [];
  const allowed = `${version.flavour} ${wanted.join(".")} or newer`;
  return [
    { path: "target: version", problem: "too old to follow another server", found: version.text, allowed },
  ];
}

interface Wanted {
  readonly name: string;
  readonly value: string;
  readonly remedy: string;
}

const restart = "set it in its configuration and restart it";

/** Another site could not follow it otherwise once it is promoted; and nothing may write here besides the link. */
const settings: Readonly<Record<Flavour, readonly Wanted[]>> = {
  mariadb: [
    { name: "log_bin", value: "ON", remedy: restart },
    { name: "gtid_strict_mode", value: "ON", remedy: "SET GLOBAL gtid_strict_mode = ON" },
  ],
  mysql: [
    { name: "log_bin", value: "ON", remedy: restart },
    { name: "gtid_mode", value: "ON", remedy: restart },
    { name: "enforce_gtid_consistency", value: "ON", remedy: restart },
    {
      name: "super_read_only",
      value: "OFF",
      remedy: "SET GLOBAL super_read_only = OFF; read_only may stay ON: the applier may write all the same",
    },
  ],
};

function settingFaults(here: Variables, flavour: Flavour): readonly Fault[] {
  return settings[flavour].flatMap(({ name, value, remedy }) => {
    const found = here.get(name) ?? "nothing";
    if (found.toUpperCase() === value) return [];
    return [
      { path: `target: ${name}`, problem: "not as replication needs it", found, allowed: value, remedy },
    ];
  });
}

/** What the two servers may not share, or must. */
function pairFaults(here: Variables, there: Variables, sameFlavour: boolean): readonly Fault[] {
  const apart = (name: string, remedy: string): readonly Fault[] => {
    const found = here.get(name);
    if (found === undefined || found !== there.get(name)) return [];
    return [{ path: `target: ${name}`, problem: "the source has the same one", found, remedy }];
  };
  const packet = Number(here.get("max_allowed_packet"));
  const largest = Number(there.get("max_allowed_packet"));
  const names = [here.get("lower_case_table_names"), there.get("lower_case_table_names")] as const;
  return [
    ...(sameFlavour ? apart("server_id", "give each server a number of its own") : []),
    ...apart("server_uuid", "it is a copy of the source's: stop it, remove auto.cnf from its data, start it"),
    ...apart("gtid_domain_id", "give each server a domain of its own: SET GLOBAL gtid_domain_id = …"),
    ...(packet < largest
      ? [
          {
            ...{ path: "target: max_allowed_packet", problem: "rows of the source may be larger" },
            ...{ found: String(packet), allowed: `${largest} or more` },
            remedy: `SET GLOBAL max_allowed_packet = ${largest}`,
          },
        ]
      : []),
    ...(names[0] === names[1]
      ? []
      : [
          {
            ...{ path: "target: lower_case_table_names", problem: "names of tables would not be the same" },
            ...{ found: names[0] ?? "nothing", allowed: names[1] ?? "nothing" },
            remedy: "it is fixed when a server is made: make the target anew with the source's value",
          },
        ]),
  ];
}

/** Their effects arrive from the source as rows, and would happen twice. Those that a link has made hold back by themselves; a MariaDB's are made to. */
async function programFaults(target: Target, databases: readonly string[]): Promise<readonly Fault[]> {
  const within = `IN (${databases.map(quoteString).join(", ")})`;
  const rows = await target.rows<{ kind: string; place: string; name: string }>(
    `SELECT 'trigger' AS kind, TRIGGER_SCHEMA AS place, TRIGGER_NAME AS name FROM information_schema.TRIGGERS
       WHERE TRIGGER_SCHEMA ${within} AND ACTION_STATEMENT NOT LIKE '%@hotsite_applies%'
     UNION ALL SELECT 'event', EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS
       WHERE EVENT_SCHEMA ${within} AND EVENT_DEFINITION NOT LIKE '%@@GLOBAL.read_only%'`,
  );
  return rows.map(({ kind, place, name }) => ({
    path: `target: ${kind} ${place}.${name}`,
    problem: "it would change rows that arrive from the source a second time",
    remedy: `DROP ${kind.toUpperCase()} ${quoteName(place)}.${quoteName(name)}`,
  }));
}
