import { HotsiteError } from "../core/errors.ts";
import { EDGE } from "../lifecycle/topology.ts";
import { classify, defaultRules, judge, type Rules, type Sample, type Verdict } from "./detect.ts";
import type { Probe, ProtectionWorld } from "./world.ts";

export interface WatchTarget {
  readonly primary: string;
  readonly standby: string;
}

export interface WatchOptions {
  readonly rules?: Rules;
  /** Told whenever the verdict changes; undefined: all is well again. */
  readonly onChange?: (verdict: Verdict | undefined) => void;
}

/** Looks at the primary's site until something actionable is certain; gives that verdict. */
export async function watch(
  world: ProtectionWorld,
  target: WatchTarget,
  { rules = defaultRules, onChange }: WatchOptions,
  signal: AbortSignal,
): Promise<Verdict> {
  let known: Verdict | undefined;
  for await (const samples of looks(world, target, rules, signal)) {
    const verdict = judge(samples, rules);
    if (verdict?.kind !== known?.kind) onChange?.(verdict);
    known = verdict;
    if (verdict?.actionable === true) return verdict;
  }
  throw new HotsiteError("watch-ended", "the watch ended without a verdict");
}

/** Looks as long as a verdict takes and no longer: undefined when the primary works. For a person who asks for a failover. */
export async function establish(
  world: ProtectionWorld,
  target: WatchTarget,
  { rules = defaultRules }: Pick<WatchOptions, "rules">,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  let [taken, verdict]: [number, Verdict | undefined] = [0, undefined];
  for await (const samples of looks(world, target, rules, signal)) {
    taken += 1;
    verdict = judge(samples, rules);
    const well = samples.slice(-rules.suspectAfter).every((sample) => classify(sample, rules) === undefined);
    if (verdict?.actionable === true || (well && taken >= rules.suspectAfter) || taken >= enough(rules))
      break;
  }
  return verdict;
}

/** After each look, the latest samples: as many as one whole streak takes. What is older cannot change a verdict. */
async function* looks(
  world: ProtectionWorld,
  target: WatchTarget,
  rules: Rules,
  signal: AbortSignal,
): AsyncGenerator<readonly Sample[]> {
  const look = observer(world, target, rules);
  let samples: readonly Sample[] = [];
  for (;;) {
    const begunMs = world.clock.now();
    samples = [...samples, await look(signal)].slice(-enough(rules));
    yield samples;
    await world.clock.sleep(Math.max(0, begunMs + rules.intervalMs - world.clock.now()), signal);
  }
}

function enough({ sustainMs, intervalMs, suspectAfter }: Rules): number {
  return 2 * Math.ceil(sustainMs / intervalMs) + suspectAfter;
}

/** A function that takes one sample; it remembers when replication last moved. */
export function observer(
  world: ProtectionWorld,
  { primary, standby }: WatchTarget,
  rules: Rules = defaultRules,
): (signal: AbortSignal) => Promise<Sample> {
  let received: string | undefined;
  let receivedMs = world.clock.now();

  return async (signal) => {
    // Each look has its own deadline, so that one hanging connection does not delay the verdict.
    const soon = AbortSignal.any([signal, AbortSignal.timeout(2 * rules.intervalMs)]);
    const [edge, other, link, stats, authority, power] = await Promise.all([
      unless(soon, world.probe(EDGE, primary, soon)),
      unless(soon, world.probe(standby, primary, soon)),
      unless(soon, world.link(standby).status(soon)),
      unless(soon, world.balancer.stats(soon)),
      unless(soon, world.witness.authority(soon)),
      unless(soon, world.power(primary).state(soon)),
    ]);
    signal.throwIfAborted();
    // Positions move with each heartbeat. Comparing our own clock with itself keeps clock skew between sites out of it.
    if (link?.received !== undefined && link.received !== received)
      [received, receivedMs] = [link.received, world.clock.now()];
    const members = stats?.filter(({ site }) => site === primary);
    const probes: Record<string, Probe | undefined> = { [EDGE]: edge, [standby]: other };
    return {
      atMs: world.clock.now(),
      probes,
      replicationSilentMs: link === undefined ? undefined : world.clock.now() - receivedMs,
      members: members && { healthy: members.filter(({ healthy }) => healthy).length, total: members.length },
      witness: authority !== undefined,
      power: power ?? "unknown",
    };
  };
}

/** Undefined when it fails or takes too long: to detection, no answer is an answer. */
async function unless<T>(deadline: AbortSignal, answer: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => {
    if (deadline.aborted) resolve(undefined);
    deadline.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  return Promise.race([answer.catch(() => undefined), late]);
}
