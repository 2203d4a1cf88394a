import { expect, test } from "@jest/globals";
import { phasesOf, type Job } from "../../lifecycle/phases.ts";
import { installOrder, nodesOf, roleOf } from "../../lifecycle/topology.ts";
import { fakeApplication, fakeService } from "./fake-application.ts";

const names = (jobs: readonly Job[]): readonly string[] =>
  jobs.map(({ spec }) => `${spec.site}/${spec.name}`);

test("each site gets every service and a gateway; balancer and witness share the edge", () => {
  expect(nodesOf(fakeApplication()).map(({ site, name }) => `${site}/${name}`)).toEqual([
    "east/web-1",
    "east/web-2",
    "east/db-1",
    "east/gateway-1",
    "west/web-1",
    "west/web-2",
    "west/db-1",
    "west/gateway-1",
    "edge/edge-1",
  ]);
});

test("a service is installed after those whose endpoints it uses", () => {
  const order = installOrder(fakeApplication()).map((group) => group.map(({ name }) => name));
  expect(order).toEqual([["witness"], ["db"], ["web", "gateway"], ["lb"]]);
});

test("services that need each other are named in the order of their circle", () => {
  const application = fakeApplication({ db: fakeService("db", ["web"]), web: fakeService("web", ["db"]) });
  expect(() => installOrder(application)).toThrow(/in a circle: (web → db → web|db → web → db)/);
});

test("using a service that is not declared names it", () => {
  const application = fakeApplication({ db: fakeService("db"), web: fakeService("web", ["cache"]) });
  expect(() => installOrder(application)).toThrow("services.cache: used by another service but not declared");
});

test("the standby's users of the database wait for its first copy", () => {
  const phases = phasesOf(fakeApplication());
  expect(names(phases.edge)).toEqual(["edge/edge-1"]);
  expect(phases.sites.map(names)).toEqual([
    ["east/db-1", "west/db-1"],
    ["east/web-1", "east/web-2", "east/gateway-1", "west/gateway-1"],
  ]);
  expect(phases.standby.map(names)).toEqual([["west/web-1", "west/web-2"]]);
});

test("after a failover the other site's users of the database wait", () => {
  expect(phasesOf(fakeApplication(), "west").standby.map(names)).toEqual([["east/web-1", "east/web-2"]]);
  expect(roleOf(fakeApplication(), "west", "west")).toBe("primary");
  expect(roleOf(fakeApplication(), "east", "west")).toBe("standby");
});
