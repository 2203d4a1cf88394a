import { z } from "zod";
import type { Step } from "../core/workflow.ts";
import type { FailoverInput } from "./failover.ts";
import { readFacts, type Facts } from "../lifecycle/facts.ts";
import type { LinkStatus } from "../core/protection.ts";
import { check, enforce, guard, type Guard } from "./guards.ts";
import type { ProtectionWorld } from "./world.ts";

const assessment = z.strictObject({
  atMs: z.number(),
  guards: z.array(guard),
  power: z.enum(["on", "off", "mixed", "unknown"]),
  /** Age of the newest word of the old primary: what was committed later may be lost. Provisional, until the old site is back. */
  lossWithinSeconds: z.number().nullable(),
});
export type Assessment = z.infer<typeof assessment>;

/** The guard that the standby has what the primary sent. */
export const STREAM = "stream";

/** One automatic attempt, then a person: two failovers within the hour mean that something else is wrong. */
export const ANTI_FLAP_MS = 3_600_000;

/** The cloud of a lost site may be lost with it: its word is welcome, not waited for. */
const CLOUD_MS = 5000;

/** All guards of an unplanned failover at once: verdict, authority, target, copy, stream, hold, anti-flap. `fence` is checked by its own step. */
export function assess(input: FailoverInput): Step<ProtectionWorld, Assessment> {
  return {
    name: "assess",
    output: assessment,
    readOnly: true,
    async run(world, signal) {
      const seen = await failoverGuards(world, input, signal);
      const decided = enforce(`failover ${input.from} → ${input.to}`, seen.guards, input.skip);
      return { ...seen, guards: [...decided] };
    },
  };
}

/** The guards as they are now, whether they hold or not. Changes nothing. */
export async function failoverGuards(
  world: ProtectionWorld,
  { from, to, epoch, link: order, verdict, automatic, skip }: FailoverInput,
  signal: AbortSignal,
): Promise<Assessment> {
  const [authority, target, link, facts, power] = await Promise.all([
    world.witness.authority(signal),
    world.database(to).state(signal),
    world
      .link(to)
      .status(signal)
      .catch((error: unknown) => {
        // Whoever goes on without the stream does not need who keeps it.
        if (skip.includes(STREAM)) return undefined;
        throw error;
      }),
    readFacts(world),
    world
      .power(from)
      .state(AbortSignal.any([signal, AbortSignal.timeout(CLOUD_MS)]))
      .catch(() => "unknown" as const),
  ]);
  signal.throwIfAborted();
  const atMs = world.clock.now();
  const guards: readonly Guard[] = [
    check(
      "verdict",
      verdict?.actionable === true,
      verdict === null
        ? "nobody established that the primary is down"
        : `${verdict.kind}: ${verdict.evidence.join("; ")}`,
      "for a planned change use hotsite switchover; if you are sure: hotsite failover --force verdict",
    ),
    check(
      "authority",
      // A change that was given up in the middle leaves the right to write with nobody: no reason to keep the standby from it.
      authority.epoch === epoch && [from, null].includes(authority.writer),
      `witness: epoch ${authority.epoch}, writer ${authority.writer ?? "nobody"}`,
      "hotsite status",
    ),
    check(
      "target",
      !target.writable,
      `${to}: ${target.writable ? "writable already" : "read-only, answers"}`,
    ),
    copyGuard(to, facts),
    streamGuard({ from, to, link: order }, link, facts),
    ...automaticGuards(automatic ? facts : undefined, atMs),
  ];
  return { atMs, guards: [...guards], power, lossWithinSeconds: link?.lagSeconds ?? null };
}

/** The data of a site that was lost itself is whole, but old; that of a copy that was begun and not completed is neither. */
function copyGuard(to: string, facts: Facts | undefined): Guard {
  if (facts?.copied === true) return check("copy", true, `${to} holds a full copy`);
  const own = facts?.link === null && facts.failover?.from === to;
  return own
    ? check("copy", true, `${to} holds its own data, as it was when it was lost`)
    : check("copy", false, `the first copy to ${to} never completed: promoting it loses data`);
}

/** Without it everything that the primary committed since the stream ended is lost. */
function streamGuard(
  { from, to, link: order }: Pick<FailoverInput, "from" | "to" | "link">,
  link: LinkStatus | undefined,
  facts: Facts | undefined,
): Guard {
  const atMs = facts?.failover?.atMs;
  const since = atMs === undefined ? "" : ` since ${new Date(atMs).toISOString()}`;
  const remedy = `bring ${from} back; or, without what is missing: hotsite failover --force ${STREAM}`;
  if (order === null)
    return check(STREAM, false, `${to} follows nobody: it lacks what ${from} committed${since}`, remedy);
  if (link === undefined) return check(STREAM, false, `${to} follows nobody`, remedy);
  const holds = link.stream === order.stream && !["copying", "failed"].includes(link.state);
  const problem = link.problem === undefined ? "" : `: ${link.problem}`;
  return check(STREAM, holds, `${link.stream}: ${link.state}${problem}`, remedy);
}

/** What stops detection from acting alone; a person who gives the command is past them. */
function automaticGuards(facts: Facts | undefined, nowMs: number): readonly Guard[] {
  if (facts === undefined) return [];
  const holds = facts.holds.filter(({ untilMs }) => untilMs === null || untilMs > nowMs);
  const sinceMs = facts.lastAutomaticMs === null ? Infinity : nowMs - facts.lastAutomaticMs;
  return [
    check("hold", holds.length === 0, holds.map(({ reason }) => reason).join("; ") || "no hold"),
    check(
      "anti-flap",
      sinceMs >= ANTI_FLAP_MS,
      sinceMs === Infinity
        ? "no automatic failover before"
        : `the last automatic failover was ${Math.round(sinceMs / 60_000)} min ago`,
      "find out why it happens again; then hotsite failover",
    ),
  ];
}
