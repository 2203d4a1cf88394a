import { waitFor } from "../core/wait.ts";
import type { DrillHost } from "./drill.ts";
import { changeFacts, needFacts } from "../lifecycle/facts.ts";
import { planReprotect, reprotectWorkflow } from "./reprotect.ts";
import type { ProtectionWorld } from "./world.ts";

/**
 * Puts the application back in order after a drill that did not end: a primary that was powered off runs again, or, when the other site
 * has taken over, the old one becomes its standby. A workflow that was cut short is brought to its end before. Repeatable. Gives what was done.
 */
export async function recoverFromDrill(
  world: ProtectionWorld,
  host: DrillHost,
  signal: AbortSignal,
): Promise<string> {
  await host.resume(signal);
  const { failover, activeSite } = await needFacts(world);
  const done =
    failover === null ? await serveAgain(world, activeSite, signal) : await standAgain(world, host, signal);
  await changeFacts(world, { drill: null });
  return done;
}

async function standAgain(world: ProtectionWorld, host: DrillHost, signal: AbortSignal): Promise<string> {
  const input = await planReprotect(world, signal);
  await host.run(reprotectWorkflow, input, signal);
  return `${input.active} serves, ${input.standby} is its standby again`;
}

async function serveAgain(world: ProtectionWorld, site: string, signal: AbortSignal): Promise<string> {
  await world.power(site).on(signal);
  await waitFor(
    async (inner) => {
      const { writable } = await world.database(site).state(inner);
      return writable && (await world.ask(inner)).ok ? true : undefined;
    },
    { timeoutMs: SERVE_MS, intervalMs: 500, clock: world.clock, what: `${site} to serve again` },
    signal,
  );
  return `${site} serves as before`;
}

/** Boot, repair of the database, start of the web tier. */
const SERVE_MS = 300_000;
