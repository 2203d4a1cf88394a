import { expect, test } from "@jest/globals";
import type { Application } from "../../core/application.ts";
import { readFacts } from "../../lifecycle/facts.ts";
import { FakeWorld } from "../failover/fake-world.ts";

/** Protected in east and west, then read with another config. */
async function readWith(change: (application: Application) => Partial<Application>): Promise<unknown> {
  const { store, application } = await FakeWorld.protected();
  return readFacts({ store, application: { ...application, ...change(application) } });
}

function only(...names: readonly string[]) {
  return ({ sites }: Application): Partial<Application> => ({
    sites: sites.filter(({ name }) => names.includes(name)),
    replication: undefined,
  });
}

test("a config in which a site has another name is refused, before that is taken for a new one", async () => {
  const renamed = readWith(({ sites }) => ({
    sites: sites.map((site) => (site.name === "west" ? { ...site, name: "wset" } : site)),
  }));
  await expect(renamed).rejects.toMatchObject({
    code: "config",
    message: expect.stringMatching(/its primary is east, its standby west, and the config has no site west/),
  });
});

test("a standby may go from the config, a primary may not", async () => {
  await expect(readWith(only("east"))).resolves.toMatchObject({ activeSite: "east" });
  await expect(readWith(only("west"))).rejects.toThrow("the config has no site east");
});
