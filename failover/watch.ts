import { EDGE } from "../lifecycle/topology.ts";
import { defaultRules, judge, type Rules, type Sample, type Verdict } from "./detect.ts";
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
  const look = observer(world, target, rules);
  const samples: Sample[] = [];
  let known: Verdict | undefined;
  for (;;) {
    const begunMs = world.clock.now();
    samples.push(await look(signal));
    // Enough to see one whole streak; what is older cannot change the verdict.
    samples.splice(
      0,
      samples.length - 2 * Math.ceil(rules.sustainMs / rules.intervalMs) - rules.suspectAfter,
    );
    const verdict = judge(samples, rules);
    if (verdict?.kind !== known?.kind) onChange?.(verdict);
    known = verdict;
    if (verdict?.actionable) return verdict;
    await world.clock.sleep(Math.max(0, begunMs + rules.intervalMs - world.clock.now()), signal);
  }
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
