import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import type { Job } from "../../lifecycle/phases.ts";
import { contextsOf } from "../../lifecycle/work.ts";
import { activeSiteOf } from "../active-site.ts";
import { answers, askAll, outcomeOf } from "../answers.ts";
import { jobsNamed, nodeOf } from "../jobs.ts";
import { openSession } from "../session.ts";
import { table } from "../table.ts";
import { needNodes, oneOf } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.union([
  z.strictObject({ target: z.string(), command: z.string(), instances: answers }),
  z.strictObject({
    target: z.string(),
    commands: z
      .array(z.strictObject({ command: z.string(), service: z.string(), summary: z.string() }))
      .describe("what can be run there, where no command was named"),
  }),
]);

/** Runs a command of a recipe on every instance at once; without its name, lists the commands that there are. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const [target = "", name, ...args] = call.operands;
  const jobs = jobsNamed(session.world.application, target);
  if (name === undefined) return listed(target, jobs);
  const known = commandsOf(jobs).map(([command]) => command);
  const wanted = oneOf([...new Set(known)], name, `command of ${target} called`);
  const able = jobs.filter((job) => wanted in job.placement.service.recipe.commands);
  refuseTwo(able, wanted);
  await needNodes(session.world);
  const contexts = await contextsOf(session.world, able, await activeSiteOf(session.world));
  const questions = contexts.map(({ job, context }) => {
    const command = job.placement.service.recipe.commands[wanted];
    if (command === undefined) throw new HotsiteError("usage", `there is no command ${wanted}`);
    return { node: nodeOf(job), command: command.run(context, args) };
  });
  return outcomeOf(await askAll(session, questions, call, signal), call, { target, command: wanted });
}

function listed(target: string, jobs: readonly Job[]): Outcome<typeof outcome> {
  const rows = commandsOf(jobs);
  const unique = [...new Map(rows.map((row) => [row.join("\0"), row])).values()];
  const commands = unique.map(([command, service, summary]) => ({ command, service, summary }));
  const text = rows.length === 0 ? `${target} has no commands` : table(["COMMAND", "SERVICE", ""], unique);
  return { text, json: { target, commands } };
}

function commandsOf(
  jobs: readonly Job[],
): readonly (readonly [command: string, service: string, summary: string])[] {
  return jobs.flatMap(({ placement: { service } }) =>
    Object.entries(service.recipe.commands).map(
      ([name, { summary }]) => [name, service.name, summary] as const,
    ),
  );
}

/** A node or site may hold services that call different things by one name. */
function refuseTwo(jobs: readonly Job[], command: string): void {
  const services = [...new Set(jobs.map(({ placement }) => placement.service.name))];
  if (services.length > 1) {
    throw new HotsiteError("usage", `${services.join(" and ")} both have a command ${command}`, {
      hint: `name the service: hotsite run ${services[0] ?? ""} ${command}`,
    });
  }
}
