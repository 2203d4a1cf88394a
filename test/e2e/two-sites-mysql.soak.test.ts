import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Scene } from "./harness.ts";
import { clinicScene, enterVisit, expectAnswer, statusOf, untilStatus } from "./two-sites.ts";

/** One installation for all. */
describe("PetClinic on two sites with MySQL 9.7 instead of MariaDB", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await clinicScene();
    await scene.edit('mysql("db", {', 'mysql("db", { flavour: "mysql",');
  });

  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  }, 60_000);

  test("is installed and protected, and answers through the balancer", async () => {
    await scene.run("install");
    await expectEqual("east");
  }, 400_000);

  test("survives the loss of its primary site in a drill, and the lost site follows", async () => {
    const report = await scene.run("drill", "--live", "site-power-off", "--yes");
    expect(report).toMatchObject({ ok: true });
    const { url } = await statusOf(scene);
    expect(await enterVisit(url, "in-the-west")).toBe(true);
    await expectEqual("west");
  }, 300_000);

  test("has its primary moved back, and what was confirmed in the west is in the east", async () => {
    await scene.run("switchover");
    await expectEqual("east");
    expect(await storedVisits("east")).toEqual(await storedVisits("west"));
    expect(await storedVisits("east")).toContain("in-the-west");
  }, 200_000);

  test("is removed, and nothing is left", async () => {
    await scene.run("uninstall", "--yes");
    expect(await scene.left()).toEqual([]);
  }, 120_000);

  async function expectEqual(primary: string): Promise<void> {
    const { url, facts } = await untilStatus(scene, ({ state }) => state.name === "PROTECTED");
    expect(facts.activeSite).toBe(primary);
    await expectAnswer(url, primary);
    expect(await scene.run("replication", "verify")).toMatchObject({ equal: true });
  }

  async function storedVisits(site: string): Promise<readonly string[]> {
    const statement = "SELECT description FROM petclinic.visits ORDER BY id";
    const client = "/opt/hotsite/db/bin/mysql";
    const rows = await scene.on(`${site}/db-1`, client, "--skip-column-names", "--execute", statement);
    return rows.trimEnd().split("\n");
  }
});
