import { expect, test } from "@jest/globals";
import type { Service } from "../../core/recipe.ts";
import { countFaults, placementFaults } from "../../lifecycle/placement-faults.ts";
import { withCount } from "../../lifecycle/counts.ts";
import { nodesOf } from "../../lifecycle/topology.ts";
import { fakeApplication, fakeCloud, fakeService } from "./fake-application.ts";

const web: Service = { ...fakeService("web", ["db"]), instances: { initial: 2, min: 1, max: 4 } };
const db = fakeService("db");
const names = (...args: Parameters<typeof nodesOf>) =>
  nodesOf(...args).map(({ site, name }) => `${site}/${name}`);

test("services with the same machines share each of them", () => {
  const cache: Service = { ...fakeService("cache"), on: "web", machine: { memoryMb: 512 } };
  const shared = { ...fakeApplication({ db, web }), services: [web, cache, db] };
  const [first] = nodesOf(shared);
  expect(first?.services.map(({ service, index }) => `${service.name} ${index}`)).toEqual([
    "web 1",
    "cache 1",
  ]);
  expect(first?.template).toEqual({ memoryMb: 512 });
  expect(names(shared)).not.toContain("east/cache-1");
});

test("a site has as many machines as it was scaled to, within the range of the config", () => {
  const three = withCount(fakeApplication({ db, web }), { site: "west", machines: "web", count: 3 });
  expect(names(three).filter((name) => name.includes("web"))).toEqual([
    ...["east/web-1", "east/web-2"],
    ...["west/web-1", "west/web-2", "west/web-3"],
  ]);
  const many = withCount(three, { site: "west", machines: "web", count: 9 });
  expect(names(many)).toContain("west/web-4");
  expect(names(many)).not.toContain("west/web-5");
});

test("services that share machines and contradict each other are faults", () => {
  const cache: Service = {
    ...{ ...fakeService("cache"), on: "web" },
    ...{ instances: { initial: 1, min: 1, max: 2 }, machine: { memoryMb: 512 } },
  };
  const faults = placementFaults([{ ...web, machine: { memoryMb: 256 } }, cache, { ...db, on: "edge" }]);
  expect(faults.map(({ path, found, allowed }) => [path, found, allowed])).toEqual([
    ["services.db.on", "edge", undefined],
    ["services.cache.instances", "1 (1 to 2)", "2 (1 to 4)"],
    ["services.cache.machine.memoryMb", "512", "256"],
  ]);
});

test("a number of machines for one site is checked against its service", () => {
  const site = (instances: Record<string, number>) => ({
    role: "primary" as const,
    cloud: fakeCloud,
    instances,
  });
  const faults = countFaults({ services: [web], sites: { east: site({ web: 9 }), west: site({ wub: 1 }) } });
  expect(faults).toEqual([
    { path: "sites.east.instances.web", problem: "is out of range", found: "9", allowed: "1 to 4" },
    expect.objectContaining({ path: "sites.west.instances.wub", remedy: "did you mean web?" }),
  ]);
});
