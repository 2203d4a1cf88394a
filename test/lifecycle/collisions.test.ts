import { expect, test } from "@jest/globals";
import { file } from "../../core/command.ts";
import type { Service } from "../../core/recipe.ts";
import { Secret } from "../../core/secret.ts";
import { collisionFaults } from "../../lifecycle/collisions.ts";
import type { World } from "../../lifecycle/world.ts";
import { memoryStore } from "../failover/memory-store.ts";
import { fakeApplication, fakeService } from "./fake-application.ts";

interface Wants {
  readonly files?: Readonly<Record<string, string>>;
  readonly port?: number;
}

function service(name: string, { files = {}, port }: Wants, on?: string): Service {
  const base = fakeService(name, [], 1, port === undefined ? [] : [port]);
  const own = Object.entries(files).map(([path, content]) => file(path, content));
  const plan: Service["recipe"]["plan"] = (context) => ({ ...base.recipe.plan(context), files: own });
  return { ...base, recipe: { ...base.recipe, plan }, ...(on !== undefined && { on }) };
}

function worldWith(...services: readonly Service[]): World {
  const { edge: _edge, traffic: _traffic, replication: _link, ...rest } = fakeApplication();
  return {
    application: { ...rest, services },
    store: memoryStore(),
    configFolder: "/",
    nodes: { get: () => Promise.resolve(undefined) },
    secrets: () => Promise.resolve({}),
    pki: { node: () => Promise.resolve({ ca: "", certificate: "", key: new Secret("") }) },
  } as unknown as World;
}

test.each<[string, Wants, string]>([
  ["port", { port: 8080 }, "port 8080 is also that of one, on the same machine"],
  [
    "file with other content",
    { files: { "/etc/hosts": "b" } },
    "writes /etc/hosts, which one on the same machine writes otherwise",
  ],
])("services of one machine that want the same %s are a fault", async (_, wants, problem) => {
  const one = service("one", { files: { "/etc/hosts": "a" }, port: 8080 });
  const faults = await collisionFaults(worldWith(one, service("two", wants, "one")));
  expect(faults).toMatchObject([{ path: "services.two", problem }]);
  expect(await collisionFaults(worldWith(one, service("two", wants)))).toEqual([]);
});

test("a file with the same content may be of several services", async () => {
  const same = { files: { "/etc/hotsite/ca.pem": "CA" } };
  expect(await collisionFaults(worldWith(service("one", same), service("two", same, "one")))).toEqual([]);
});
