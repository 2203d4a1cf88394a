import { expect, test } from "@jest/globals";
import type { Application } from "../../core/application.ts";
import { command } from "../../core/command.ts";
import { Ref, type Service } from "../../core/recipe.ts";
import type { Workflow } from "../../core/workflow.ts";
import type { FleetWorld } from "../../lifecycle/fleet-world.ts";
import { withCount } from "../../lifecycle/counts.ts";
import { usersBehind } from "../../lifecycle/scale-behind.ts";
import { planScale } from "../../lifecycle/scale-plan.ts";
import { scaleWorkflow } from "../../lifecycle/scale.ts";
import { planUpdate, updateWorkflow } from "../../lifecycle/update.ts";
import { seeing } from "../../lifecycle/world.ts";
import { runWorkflow } from "../../workflow/runner.ts";
import { memoryStore } from "../failover/memory-store.ts";
import { quickClock } from "../support/workflow-laws.ts";
import { fleetOf, webApplication } from "./fake-fleet.ts";

const signal = AbortSignal.timeout(60_000);
const usual = { run: "r1", activeSite: "east", drainMs: 10, sessionsMs: 0 };

/** A service that is configured with a text which follows from the machines of the web tier. */
function userOf(name: string, like: Service, told: (addresses: readonly string[]) => string): Service {
  const wire = new Ref("web", `web.${name}`, ({ nodes }) => told(nodes.map(({ address }) => address)));
  const plan: Service["recipe"]["plan"] = (context) => {
    const { stages, ...rest } = like.recipe.plan(context);
    return { ...rest, stages: { ...stages, configure: [command("configure", context.value(wire))] } };
  };
  const instances = { initial: 1, min: 1, max: 1 };
  return { name, recipe: { ...like.recipe, name, plan }, params: { wire }, instances };
}

function shop(): { readonly application: Application; readonly web: Service } {
  const application = webApplication("v1", 1);
  const [web] = application.services;
  if (web === undefined) throw new Error("the application has no service");
  const all = userOf("proxy", web, (addresses) => addresses.join(","));
  const first = userOf("watch", web, ([address = ""]) => address);
  return { application: { ...application, services: [web, all, first] }, web };
}

test("whoever uses the addresses of all machines is behind after each change of their number, until an update tells it", async () => {
  const { application, web } = shop();
  const { context } = await fleetOf(application, application);
  const run = <I>(workflow: Workflow<FleetWorld, I>, input: I, world = context) =>
    runWorkflow({
      ...{ application: "shop", store: memoryStore(), by: "a test", signal, clock: quickClock },
      ...{ workflow, input, context: world },
    });
  let now = application;
  for (const count of [3, 2]) {
    const world = seeing(context, now);
    const input = await planScale(world, { ...usual, service: web, count, site: undefined });
    await run(scaleWorkflow(now), input, world);
    const behind = () => usersBehind(world, web, input, signal);
    expect(await behind()).toEqual([{ site: "east", node: "proxy-1", service: "proxy" }]);

    now = withCount(now, { site: "east", machines: "web", count });
    const told = seeing(context, now);
    const update = await planUpdate(told, { ...usual, run: `u${count}`, services: now.services }, signal);
    expect(update.instances).toEqual(await behind());
    await run(updateWorkflow(now), update, told);
    expect(await behind()).toEqual([]);
  }
});
