import { randomBytes } from "node:crypto";
import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { instance } from "../../lifecycle/changed.ts";
import { fleetWorld } from "../../lifecycle/fleet-world.ts";
import { scaleInput, scaleWorkflow, type ScaleInput } from "../../lifecycle/scale.ts";
import { usersBehind } from "../../lifecycle/scale-behind.ts";
import { planScale } from "../../lifecycle/scale-plan.ts";
import { activeSiteOf } from "../active-site.ts";
import { usualDrainMs, usualSessionsMs } from "../drain.ts";
import { dryRun, dryRunOutcome } from "../dry-run.ts";
import { finished, runJob, verdict } from "../run.ts";
import { openSession, type Session } from "../session.ts";
import { oneOf } from "../target.ts";
import { wholeNumber } from "../units.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.union([
  finished({
    machines: scaleInput.shape.machines.describe("what they are called"),
    count: z.int(),
    changes: scaleInput.shape.changes,
    behind: z.array(instance).describe("what uses these machines and is not told of the change yet"),
    tell: z.array(z.string()).describe("the commands that tell it"),
  }),
  dryRunOutcome,
]);

/** More machines for a service, or fewer. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const count = wholeNumber(call.operands[1] ?? "");
  await using session = await openSession(call);
  const { world } = session;
  const service = serviceNamed(session, call.operands[0] ?? "");
  const job = {
    workflow: scaleWorkflow(world.application),
    context: fleetWorld(world),
    plan: async () =>
      planScale(world, {
        ...{ service, count, site: siteNamed(session, call) },
        run: randomBytes(4).toString("hex"),
        activeSite: await activeSiteOf(world),
        drainMs: call.options.drain ?? usualDrainMs,
        sessionsMs: call.options.sessions ?? usualSessionsMs,
      }),
    repeat: true,
  };
  if (call.options.dryRun === true) return await dryRun(job, (input) => ({ destroys: destroyedBy(input) }));
  const done = await runJob(job, session, call, signal);
  const { machines, changes } = done.input;
  const said = changes.map(({ site, from, to }) => `${site} ${from} → ${to}`);
  const text = said.length === 0 ? `nothing to change` : said.join(", ");
  const behind = await usersBehind(world, service, done.input, signal);
  const names = [...new Set(behind.map((one) => one.service))];
  for (const name of names)
    call.output.note(`${name} uses ${machines} and is not told of the change yet: ${updateOf(name)}`);
  return verdict(`${machines}: ${text}`, done, {
    ...{ machines, count, changes, behind },
    tell: names.map(updateOf),
  });
}

function updateOf(service: string): string {
  return `hotsite update ${service}`;
}

function serviceNamed({ world: { application } }: Session, name: string) {
  const { services, traffic, replication, edge } = application;
  const all = [...services, traffic?.balancer, replication?.gateway, edge?.witness].filter(
    (one) => one !== undefined,
  );
  const known = oneOf(
    all.map((service) => service.name),
    name,
    "service",
  );
  const service = all.find((one) => one.name === known);
  if (service === undefined) throw new HotsiteError("usage", `there is no service ${name}`);
  return service;
}

function siteNamed({ world: { application } }: Session, { options: { site } }: Call): string | undefined {
  if (site === undefined) return undefined;
  return oneOf(
    application.sites.map(({ name }) => name),
    site,
    "site",
  );
}

function destroyedBy({ machines, changes }: ScaleInput): readonly string[] {
  return changes.flatMap(({ site, from, to, stray }) => {
    const surplus = Array.from({ length: Math.max(0, from - to) }, (_, place) => from - place);
    return [...surplus, ...stray].map((index) => `${site}/${machines}-${index} with its disk`);
  });
}
