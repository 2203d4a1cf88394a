import { randomBytes } from "node:crypto";
import { z } from "zod";
import { readFacts } from "../../lifecycle/facts.ts";
import { fleetWorld } from "../../lifecycle/fleet-world.ts";
import { installWorkflow, rolledInstances } from "../../lifecycle/install.ts";
import { movesLog } from "../../lifecycle/move-log.ts";
import { frontDoor } from "../../lifecycle/protect.ts";
import { standingOf } from "../../lifecycle/standing.ts";
import { interruptions } from "../../lifecycle/update.ts";
import { activeSiteOf } from "../active-site.ts";
import { usualDrainMs, usualSessionsMs } from "../drain.ts";
import { finished, runJob, verdict } from "../run.ts";
import { openSession } from "../session.ts";
import { installPlan } from "../outcomes/plan.ts";
import type { Call, Outcome } from "../verb.ts";
import { planOutcome } from "./plan.ts";

/** What `--json` prints. */
export const outcome = z.union([
  finished({
    application: z.string(),
    url: z.string().optional().describe("where people reach the application"),
    next: z.string().optional().describe("what makes it protected again, after a failover"),
  }),
  installPlan,
]);

/** Makes the world as the config says. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  if (call.options.dryRun === true) return await planOutcome(session, call, signal);
  const { world } = session;
  const { application } = world;
  const job = {
    workflow: installWorkflow(application),
    context: fleetWorld(world),
    plan: async () => {
      const activeSite = await activeSiteOf(world);
      const facts = await readFacts(world);
      const moves = await movesLog(world);
      const standing = moves ? undefined : await standingOf(world, activeSite, signal);
      const roll = standing === undefined ? await rolledInstances(world, activeSite, signal) : [];
      for (const sentence of interruptions({ application, activeSite }, roll)) call.output.note(sentence);
      return {
        ...{
          run: randomBytes(4).toString("hex"),
          activeSite,
          roll: [...roll],
          drainMs: usualDrainMs,
          sessionsMs: usualSessionsMs,
        },
        ...(standing && { standing }),
        ...(moves && { movesLog: true }),
        ...(facts?.failover != null && { alone: true }),
        copied: facts?.copied === true,
      };
    },
    repeat: true,
  };
  const done = await runJob(job, session, call, signal);
  const url = application.traffic === undefined ? undefined : (await frontDoor(world)).href;
  const place = url === undefined ? "" : ` · ${url}`;
  const { activeSite, alone } = done.input;
  const next = alone === true ? "hotsite reprotect" : undefined;
  const left = next === undefined ? "" : ` · ${activeSite} serves alone; next: ${next}`;
  return verdict(`${application.name} is installed${place}${left}`, done, {
    ...{ application: application.name, url, next },
  });
}
