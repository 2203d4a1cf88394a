import { z } from "zod";
import type { Member } from "../core/balancer.ts";
import { HotsiteError } from "../core/errors.ts";
import type { DatabaseState } from "../core/protection.ts";
import type { Step, StepScope } from "../core/workflow.ts";
import { readFacts } from "../lifecycle/facts.ts";
import { check, decide, enforce, guard, stops, type Guard } from "./guards.ts";
import type { SwitchoverInput } from "./switchover.ts";
import { undecidedGuard } from "./undecided.ts";
import { isWarm } from "./traffic.ts";
import type { ProtectionWorld } from "./world.ts";

export const member = z.strictObject({
  name: z.string(),
  site: z.string(),
  host: z.string(),
  port: z.int(),
  state: z.enum(["ready", "drain", "off"]),
}) satisfies z.ZodType<Member>;

const evaluated = z.strictObject({
  guards: z.array(guard),
  pool: z.array(member),
  /** The GTID domain of the source's own writes: only these are the link's to carry. */
  origin: z.union([z.int(), z.string()]),
});

/** All guards at once. It asks everything that the switch will need, so that each connection is open before requests wait. */
export function evaluate(input: SwitchoverInput): Step<ProtectionWorld, z.infer<typeof evaluated>> {
  return {
    name: "evaluate",
    output: evaluated,
    readOnly: true,
    async run(world, signal) {
      const { guards, pool, origin } = await guardsInTime(world, input, signal);
      const decided = enforce(`switchover ${input.from} → ${input.to}`, guards, input.skip);
      return { guards: [...decided], pool, origin };
    },
  };
}

/** A standby that does nothing worse than lag, after a bad line or a burst of writes, is given time: it catches up by itself. */
async function guardsInTime(
  world: ProtectionWorld & StepScope,
  input: SwitchoverInput,
  signal: AbortSignal,
): Promise<z.infer<typeof evaluated>> {
  const end = world.clock.now() + CATCH_UP_MS;
  for (;;) {
    const seen = await switchoverGuards(world, input, signal);
    const [broken, ...others] = decide(seen.guards, input.skip).filter(stops);
    if (broken?.name !== "lag" || others.length > 0 || world.clock.now() >= end) return seen;
    world.report(`waits for ${input.to}: ${broken.detail}`);
    await world.clock.sleep(500, signal);
  }
}

const CATCH_UP_MS = 60_000;

/** The guards as they are now, whether they hold or not. Changes nothing. */
export async function switchoverGuards(
  world: ProtectionWorld,
  input: SwitchoverInput,
  signal: AbortSignal,
): Promise<z.infer<typeof evaluated>> {
  const [source, pool] = await Promise.all([
    world.database(input.from).state(signal),
    world.balancer.members(signal),
  ]);
  const guards = await guardsOf(world, input, source, signal);
  return { guards: [...guards], pool: [...pool], origin: source.origin };
}

async function guardsOf(
  world: ProtectionWorld,
  { from, to, epoch, link: order, maxLagSeconds }: SwitchoverInput,
  source: DatabaseState,
  signal: AbortSignal,
): Promise<readonly Guard[]> {
  const [authority, target, link, facts, members] = await Promise.all([
    world.witness.authority(signal),
    world.database(to).state(signal),
    world.link(to).status(signal),
    readFacts(world),
    world.web(to).members(),
    world.link(from).status(signal),
  ]);
  const behind = link?.lagSeconds;
  return [
    check(
      "authority",
      authority.writer === from && authority.epoch === epoch,
      `witness: epoch ${authority.epoch}, writer ${authority.writer ?? "nobody"}`,
      "hotsite status",
    ),
    check("source", source.writable, `${from}: ${source.writable ? "writable" : "read-only"}`),
    check("target", !target.writable, `${to}: ${target.writable ? "writable: two primaries" : "read-only"}`),
    check(
      "copy",
      facts?.copied === true,
      facts?.copied === true ? `${to} holds a full copy` : `the first copy to ${to} is not complete`,
      "wait for it: hotsite replication status",
    ),
    check(
      "link",
      link?.state === "streaming" && link.stream === order.stream,
      link === undefined
        ? "no link"
        : `${link.stream}: ${link.state}${link.problem === undefined ? "" : `: ${link.problem}`}`,
      "hotsite replication status",
    ),
    check(
      "lag",
      behind !== undefined && behind <= maxLagSeconds,
      behind === undefined ? "lag unknown" : `${behind.toFixed(1)} s behind, ${maxLagSeconds} s allowed`,
      "wait until the standby has caught up",
    ),
    await undecidedGuard(world, from, link?.prepared ?? [], signal),
    check("capacity", members.length > 0, `${members.length} members in ${to}`),
  ];
}

const warmed = z.strictObject({ ready: z.boolean() });

/**
 * A web tier that is started for this gets its chance before any request waits. One that cannot start on a read-only database
 * is started after the promotion, while requests wait.
 */
export function prepareWeb(input: SwitchoverInput): Step<ProtectionWorld, z.infer<typeof warmed>> {
  const { to } = input;
  return {
    name: `${to}: prepare web tier`,
    output: warmed,
    async run(world, signal) {
      if (isWarm(world, to)) return { ready: await warmUp(world, to, signal) };
      await world.web(to).ready(HOT_MS, signal);
      return { ready: true };
    },
    async undo(world, _output, signal) {
      if (isWarm(world, to)) await world.web(to).stop(signal);
    },
  };
}

async function warmUp(world: ProtectionWorld, site: string, signal: AbortSignal): Promise<boolean> {
  // By its own account it would fail, after it did who knows what.
  if (!world.web(site).startsReadOnly) return false;
  try {
    await world.web(site).start(signal);
    await world.web(site).ready(WARM_UP_MS, signal);
    return true;
  } catch (error) {
    const late = error instanceof HotsiteError && ["timeout", "not-ready"].includes(error.code);
    if (!late) throw error;
    await world.web(site).stop(signal);
    return false;
  }
}

/** Tomcat with a war starts in 5 to 20 s on two cores. */
const WARM_UP_MS = 60_000;
const HOT_MS = 10_000;
