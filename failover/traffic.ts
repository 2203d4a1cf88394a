import type { Member } from "../core/balancer.ts";
import { RetryableError } from "../core/errors.ts";
import { waitFor } from "../core/wait.ts";
import type { ProtectionWorld } from "./world.ts";
import type { Answer } from "../lifecycle/http.ts";

/** Why nothing is undone after a promotion. */
export const CLIENTS_WRITE = "clients may have written to the new primary";

/** The whole pool with the members of one site ready and those of the other off. */
export async function poolFor(
  world: ProtectionWorld,
  ready: string,
  off: string,
): Promise<readonly Member[]> {
  const [on, rest] = await Promise.all([world.web(ready).members(), world.web(off).members()]);
  return [
    ...on.map((member) => ({ ...member, state: "ready" as const })),
    ...rest.map((member) => ({ ...member, state: "off" as const })),
  ];
}

/** Requests go to this site from now on; those that were held go on. Gives the time of the release. */
export async function sendTraffic(
  world: ProtectionWorld,
  to: string,
  from: string,
  signal: AbortSignal,
): Promise<number> {
  await world.balancer.apply(await poolFor(world, to, from), signal);
  await world.balancer.release(signal);
  return world.clock.now();
}

export interface CanaryOptions {
  /** How many in a row. */
  readonly successes: number;
  readonly timeoutMs: number;
}

export const defaultCanary: CanaryOptions = { successes: 5, timeoutMs: 60_000 };

/** Asks as a client until it got several good answers in a row. Gives the time of the first of them. */
export async function canary(
  world: ProtectionWorld,
  { successes, timeoutMs }: CanaryOptions,
  signal: AbortSignal,
): Promise<number> {
  let firstMs = 0;
  let row = 0;
  return waitFor(
    async (inner) => {
      const answer: Answer = await world.ask(inner);
      if (!answer.ok) {
        row = 0;
        throw new RetryableError("no-answer", `a client got ${answer.outcome}`);
      }
      if (row === 0) firstMs = world.clock.now();
      row += 1;
      return row >= successes ? firstMs : undefined;
    },
    {
      timeoutMs,
      intervalMs: 50,
      clock: world.clock,
      what: `${successes} good answers in a row at ${world.endpoint.href}`,
    },
    signal,
  );
}

/** Whether the web tier of a site is started only when the site becomes the primary. */
export function isWarm(world: ProtectionWorld, site: string): boolean {
  return world.application.sites.find(({ name }) => name === site)?.standby === "warm";
}
