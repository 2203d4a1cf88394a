import type { Probe } from "./world.ts";

export type VerdictKind =
  | "primary-down"
  | "site-isolated"
  | "primary-unreachable"
  | "replication-stalled"
  | "overloaded"
  | "witness-lost"
  | "observer-isolated";

/** Everything seen in one round of looking at the primary's site. */
export interface Sample {
  readonly atMs: number;
  /** By place; undefined when that place could not be asked. */
  readonly probes: Readonly<Record<string, Probe | undefined>>;
  /** Since the standby's gateway last received something of the source, by the observer's clock; undefined when it did not say. */
  readonly replicationSilentMs: number | undefined;
  /** Members of the primary's site at the balancer; undefined when it did not say. */
  readonly members: { readonly healthy: number; readonly total: number } | undefined;
  readonly witness: boolean;
  /** What the cloud says of the site's machines. */
  readonly power: "on" | "off" | "mixed" | "unknown";
}

export interface Rules {
  readonly intervalMs: number;
  /** How many bad looks in a row before anything is said. */
  readonly suspectAfter: number;
  /** How long the primary must have been bad without a break. */
  readonly sustainMs: number;
  /** Heartbeats come each second: silence longer than this is a sign. */
  readonly silentMs: number;
}

/** A look takes up to 2 s while probes hang: from fault to verdict at most 1 s + 2 s + the first look at or after `sustainMs`, so 7 to 9 s. */
export const defaultRules: Rules = { intervalMs: 1000, suspectAfter: 3, sustainMs: 4000, silentMs: 3000 };

export interface Verdict {
  readonly kind: VerdictKind;
  /** Only these two justify an unplanned failover. */
  readonly actionable: boolean;
  readonly atMs: number;
  /** When the primary was first seen bad. */
  readonly suspectMs: number;
  /** What each place saw, one sentence each. */
  readonly evidence: readonly string[];
}

/** What the latest samples (oldest first) amount to; undefined while all is well or the trouble is too young. */
export function judge(samples: readonly Sample[], rules: Rules = defaultRules): Verdict | undefined {
  const streak = badStreak(samples, rules);
  const [first, last] = [streak.at(0), streak.at(-1)];
  if (first === undefined || last === undefined || streak.length < rules.suspectAfter) return undefined;
  if (last.atMs - first.atMs < rules.sustainMs) return undefined;
  const kinds = streak.slice(-rules.suspectAfter).map((sample) => classify(sample, rules));
  const kind = kinds.at(-1);
  // While the picture still changes, it is not acted upon.
  if (kind === undefined || kinds.some((other) => other !== kind)) return undefined;
  return {
    kind,
    actionable: isActionable(kind),
    atMs: last.atMs,
    suspectMs: first.atMs,
    evidence: evidenceOf(last),
  };
}

/** What one sample alone says; undefined when all is well. */
export function classify(sample: Sample, { silentMs }: Pick<Rules, "silentMs">): VerdictKind | undefined {
  const voters = votersOf(sample.probes);
  const dark = darkTo(sample);
  const silent = sample.replicationSilentMs !== undefined && sample.replicationSilentMs >= silentMs;
  const flowing = sample.replicationSilentMs !== undefined && !silent;

  if (voters.length === 0) return "observer-isolated";
  if (dark.length === 0) return withoutOutage(sample, silent);
  if (!sample.witness) return "witness-lost";
  // Slow, not dead: it still commits what the standby receives.
  if (flowing && dark.length === voters.length && dark.every(({ database }) => database === "silent"))
    return "overloaded";
  const everyoneAgrees = dark.length === Object.keys(sample.probes).length && dark.length >= 2;
  if (!everyoneAgrees || !(silent || membersDown(sample))) return "primary-unreachable";
  const siteSeen = voters.some(({ site }) => site);
  return !siteSeen && sample.power === "on" ? "site-isolated" : "primary-down";
}

function withoutOutage(sample: Sample, silent: boolean): VerdictKind | undefined {
  if (votersOf(sample.probes).some(({ database }) => database === "busy")) return "overloaded";
  if (silent) return "replication-stalled";
  if (!sample.witness) return "witness-lost";
  return undefined;
}

function isActionable(kind: VerdictKind): boolean {
  return kind === "primary-down" || kind === "site-isolated";
}

/** The latest samples without a break in which the primary was dark, or, if it is not, those with the same trouble. */
function badStreak(samples: readonly Sample[], rules: Rules): readonly Sample[] {
  const last = samples.at(-1);
  const kind = last && classify(last, rules);
  if (last === undefined || kind === undefined) return [];
  const belongs = isDark(last) ? isDark : (sample: Sample) => classify(sample, rules) === kind;
  return samples.slice(samples.findLastIndex((sample) => !belongs(sample)) + 1);
}

function isDark(sample: Sample): boolean {
  return darkTo(sample).length > 0;
}

/** The observers, among those that are not cut off themselves, that get nothing from the database. */
function darkTo({ probes }: Sample): readonly Probe[] {
  return votersOf(probes).filter(({ database }) => database === "silent" || database === "refuses");
}

function votersOf(probes: Sample["probes"]): readonly Probe[] {
  return Object.values(probes).filter((probe): probe is Probe => probe?.control === true);
}

function membersDown({ members }: Sample): boolean {
  return members !== undefined && members.total > 0 && members.healthy === 0;
}

function evidenceOf(sample: Sample): readonly string[] {
  const probes = Object.entries(sample.probes).map(([place, probe]) => {
    if (probe === undefined) return `${place}: could not be asked`;
    if (!probe.control) return `${place}: is cut off itself, abstains`;
    return `${place}: database ${probe.database}, site ${probe.site ? "answers" : "does not answer"}`;
  });
  const { replicationSilentMs: silentMs, members } = sample;
  return [
    ...probes,
    silentMs === undefined
      ? "replication: unknown"
      : `replication: last word ${(silentMs / 1000).toFixed(1)} s ago`,
    members === undefined
      ? "balancer: unknown"
      : `balancer: ${members.healthy} of ${members.total} members healthy`,
    `witness: ${sample.witness ? "answers" : "does not answer"}`,
    `cloud: machines ${sample.power}`,
  ];
}
