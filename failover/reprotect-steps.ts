import { z } from "zod";
import { HotsiteError, RetryableError } from "../core/errors.ts";
import type { DatabaseControl, LinkStatus } from "../core/protection.ts";
import type { Step } from "../core/workflow.ts";
import { waitFor } from "../core/wait.ts";
import { rollBackUndecided } from "./undecided.ts";
import { changeFacts, freshFacts, linkOrder, readFacts } from "../lifecycle/facts.ts";
import { orderFor } from "./order.ts";
import type { ReprotectInput } from "./reprotect.ts";
import { isWarm, poolFor } from "./traffic.ts";
import type { ProtectionWorld } from "./world.ts";

const moment = z.strictObject({ atMs: z.number() });
type Moment = z.infer<typeof moment>;

const look = z.strictObject({ power: z.enum(["on", "off", "mixed", "unknown"]) });
type Look = z.infer<typeof look>;

/** The primary is the primary, and nobody changed that since this was planned. */
export function lookAround({ active, standby, held, epoch }: ReprotectInput): Step<ProtectionWorld, Look> {
  return {
    name: "look around",
    output: look,
    readOnly: true,
    async run(world, signal) {
      const [authority, power] = await Promise.all([
        world.witness.authority(signal),
        world.power(standby).state(signal),
      ]);
      const expected = authority.epoch === held.epoch && authority.writer === held.writer;
      if (expected && (held.writer === active || (held.writer === null && held.epoch < epoch)))
        return { power };
      throw new HotsiteError(
        "not-primary",
        `${active} is not the primary: the witness has epoch ${authority.epoch}, writer ${authority.writer ?? "nobody"}`,
        { hint: "hotsite status" },
      );
    },
  };
}

/** A site that was off boots read-only; one that still thinks itself primary is frozen. */
export function bringBack(
  { standby }: ReprotectInput,
  seen: Step<ProtectionWorld, Look>,
): Step<ProtectionWorld, Moment> {
  return {
    name: `${standby}: power on, read-only`,
    output: moment,
    async run(world, signal) {
      await world.power(standby).on(signal);
      const database = world.database(standby);
      const wait = { timeoutMs: BOOT_MS, clock: world.clock, what: `the database of ${standby} to answer` };
      const state = await waitFor((inner) => database.state(inner), wait, signal);
      if (state.writable) await database.freeze(signal);
      return { atMs: world.clock.now() };
    },
    // Read-only it stays: the authority is not its.
    async undo(world, _output, signal) {
      if (world.output(seen).power === "off") await world.power(standby).off(signal);
    },
  };
}

/** Machines boot within a minute or two; a database that repairs itself after a power cut takes longer. */
const BOOT_MS = 300_000;

/** The standby's data is replaced by a copy of the primary's, taken while the primary works, and then follows it. */
export function reseed({
  active,
  standby,
  held,
  epoch,
}: ReprotectInput): Step<ProtectionWorld, z.infer<typeof linkOrder>> {
  return {
    name: `${standby}: copy from ${active}`,
    output: linkOrder,
    pointOfNoReturn: `the data of ${standby} is being replaced`,
    async run(world, signal) {
      await world.witness.grant({ epoch, writer: active }, held, signal);
      await giveNoNumberTwice(world.database(active), world.database(standby), signal);
      const start = await world.database(active).promote(epoch, signal);
      // A repeated run must give the gateway the order that it has: the copy would begin anew with another start.
      const known = await readFacts(world);
      const order =
        known?.link?.epoch === epoch
          ? known.link
          : orderFor(world, { epoch, from: active, to: standby, start, begin: "copy" });
      await changeFacts(world, {
        ...(known ?? freshFacts(active, standby)),
        ...{ activeSite: active, standbySite: standby },
        epoch,
        link: order,
        copied: false,
      });
      await rollBackUndecided(world, standby, `replaced by a copy of ${active}`, signal);
      await world.link(standby).start(order, signal);
      return order;
    },
  };
}

/** Either server may be another one than the other has followed before. */
async function giveNoNumberTwice(
  one: DatabaseControl,
  other: DatabaseControl,
  signal: AbortSignal,
): Promise<void> {
  await one.numberAfter((await other.state(signal)).position, signal);
  await other.numberAfter((await one.state(signal)).position, signal);
}

const copied = z.strictObject({ atMs: z.number(), lagSeconds: z.number() });

/** Waits until the copy is complete and the standby keeps up. */
export function awaitCopy({
  standby,
  active,
  copyMs,
}: ReprotectInput): Step<ProtectionWorld, z.infer<typeof copied>> {
  return {
    name: `${standby}: first copy`,
    output: copied,
    readOnly: true,
    async run(world, signal) {
      const lagSeconds = await waitFor(
        async (inner) => {
          const status = await world.link(standby).status(inner);
          world.report(progressOf(status));
          return caughtUp(status, `${active} → ${standby}`);
        },
        { timeoutMs: copyMs, intervalMs: 300, clock: world.clock, what: `the copy to ${standby}` },
        signal,
      );
      return { atMs: world.clock.now(), lagSeconds };
    },
  };
}

/** The lag, once it is small enough to call the standby caught up. */
function caughtUp(status: LinkStatus | undefined, name: string): number | undefined {
  if (status === undefined) throw new RetryableError("no-link", `${name}: the gateway has no order`);
  if (status.state === "failed") {
    throw new HotsiteError("link-failed", `${name}: ${status.problem ?? "the link failed"}`, {
      hint: "hotsite replication status has the place and the remedy",
    });
  }
  const lag = status.lagSeconds;
  return status.state === "streaming" && lag !== undefined && lag <= KEEPS_UP_SECONDS ? lag : undefined;
}

/** Heartbeats come each second. */
const KEEPS_UP_SECONDS = 5;

function progressOf(status: LinkStatus | undefined): string {
  const copy = status?.copy;
  if (copy === undefined) return status?.state ?? "no order";
  return `${copy.rows} of ${copy.totalRows} rows · ${Math.round(copy.rowsPerSecond)}/s`;
}

/** Protected again: facts, pool and the standby's web tier are as a standby has them. */
export function settle(
  { active, standby }: ReprotectInput,
  seeded: Step<ProtectionWorld, z.infer<typeof linkOrder>>,
): Step<ProtectionWorld, Moment> {
  return {
    name: "settle",
    output: moment,
    pointOfNoReturn: `the data of ${standby} was replaced`,
    async run(world, signal) {
      await world.balancer.apply(await poolFor(world, active, standby), signal);
      await (isWarm(world, standby) ? world.web(standby).stop(signal) : world.web(standby).start(signal));
      await changeFacts(world, { link: world.output(seeded), copied: true, failover: null });
      return { atMs: world.clock.now() };
    },
  };
}
