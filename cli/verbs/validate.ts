import { z } from "zod";
import { PreflightError } from "../../core/errors.ts";
import { cloudFaults, silentClouds } from "../../lifecycle/claims.ts";
import { collisionFaults } from "../../lifecycle/collisions.ts";
import { configFaults } from "../../lifecycle/config-faults.ts";
import { nodesOf } from "../../lifecycle/topology.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  application: z.string(),
  sites: z.array(z.string()),
  services: z.array(z.string()),
  machines: z.int(),
});

/** Loading the config finds its own faults; then every cloud says what it would refuse. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { application } = session.world;
  const faults = [
    ...(await configFaults(session.world)),
    ...(await cloudFaults(session.world, "validate", signal)),
    ...(await silentClouds(session.world, signal)),
  ];
  // Rendering takes files and secrets for granted.
  if (faults.length === 0) faults.push(...(await collisionFaults(session.world)));
  if (faults.length > 0) throw new PreflightError(application.name, faults);
  const sites = application.sites.map(({ name }) => name);
  const services = application.services.map(({ name }) => name);
  const machines = nodesOf(application).length;
  return {
    text: `${application.name} is valid · sites ${sites.join(", ")} · services ${services.join(", ")} · ${machines} ${machines === 1 ? "machine" : "machines"}`,
    json: { application: application.name, sites, services, machines },
  };
}
