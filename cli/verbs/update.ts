import { randomBytes } from "node:crypto";
import { z } from "zod";
import { fleetWorld } from "../../lifecycle/fleet-world.ts";
import { interruptions, planUpdate, updateWorkflow, updateInput } from "../../lifecycle/update.ts";
import { activeSiteOf } from "../active-site.ts";
import { dryRun, dryRunOutcome } from "../dry-run.ts";
import { finished, runJob, verdict } from "../run.ts";
import { usualDrainMs, usualSessionsMs } from "../drain.ts";
import { openSession, type Session } from "../session.ts";
import { oneOf } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.union([
  finished({ application: z.string(), instances: updateInput.shape.instances.describe("what was updated") }),
  dryRunOutcome,
]);

/** Brings services that run to what the config says, one instance after the other. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { world } = session;
  const { application } = world;
  const services = servicesNamed(session, call.operands[0]);
  const activeSite = await activeSiteOf(world);
  const job = {
    workflow: updateWorkflow(application),
    context: fleetWorld(world),
    plan: async () => {
      const wish = {
        run: randomBytes(4).toString("hex"),
        drainMs: call.options.drain ?? usualDrainMs,
        sessionsMs: call.options.sessions ?? usualSessionsMs,
      };
      const input = await planUpdate(world, { activeSite, services, ...wish }, signal);
      for (const sentence of interruptions({ application, activeSite }, input.instances))
        call.output.note(sentence);
      return input;
    },
    repeat: true,
  };
  if (call.options.dryRun === true) return await dryRun(job);
  const done = await runJob(job, session, call, signal);
  const updated = done.input.instances.map(({ site, node, service }) => `${service} on ${site}/${node}`);
  const text = updated.length === 0 ? "everything runs as the config says" : `updated ${updated.join(", ")}`;
  return verdict(text, done, { application: application.name, instances: done.input.instances });
}

function servicesNamed({ world: { application } }: Session, name: string | undefined) {
  const { services } = application;
  if (name === undefined) return services;
  const known = oneOf(
    services.map((service) => service.name),
    name,
    "service",
  );
  return services.filter((service) => service.name === known);
}
