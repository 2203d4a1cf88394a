import { expect, test } from "@jest/globals";
import { HotsiteError } from "../../core/errors.ts";
import type { StepScope } from "../../core/workflow.ts";
import { silentClouds, validateWorld } from "../../lifecycle/claims.ts";
import { nodesOf } from "../../lifecycle/topology.ts";
import type { World } from "../../lifecycle/world.ts";
import { fakeApplication } from "./fake-application.ts";

const signal = new AbortController().signal;
const application = fakeApplication();
const down = () => Promise.reject(new HotsiteError("engine", "no engine answers", { hint: "start it" }));

/** A world whose cloud does not answer, with so many of its machines known. */
function worldWith(machines: number): World & StepScope {
  const known = nodesOf(application).slice(0, machines);
  const get = (site: string, name: string) =>
    Promise.resolve(
      known.some((one) => one.site === site && one.name === name) ? { machine: {} } : undefined,
    );
  return {
    application,
    owner: "shop-1",
    nodes: { get },
    driver: () => Promise.resolve({ list: down, sweep: down }),
  } as unknown as World & StepScope;
}

test("a run that is taken back does not need the cloud where machines are left", async () => {
  const { undo } = validateWorld(application);
  await undo?.(worldWith(1), null, signal);
  await expect(undo?.(worldWith(0), null, signal)).rejects.toThrow("no engine answers");
});

test("a cloud that has all its machines and does not answer is a fault of each of its places", async () => {
  const faults = await silentClouds(worldWith(99), signal);
  expect(faults).toEqual(
    ["sites.east.cloud", "sites.west.cloud", "edge.cloud"].map((path) => ({
      path,
      problem: "no engine answers",
      remedy: "start it",
    })),
  );
  expect(await silentClouds(worldWith(1), signal)).toEqual([]);
});
