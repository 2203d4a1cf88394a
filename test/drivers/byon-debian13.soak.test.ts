import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { reportHosts } from "../../drivers/byon/admin.ts";
import { aptInstall, aptPurge } from "../../remote/apt.ts";
import { Metal } from "./byon/metal.ts";
import { claimOf, newOwner } from "./claim.ts";
import { removeAll, shellOn } from "./lab.ts";

// The image is made first, where this computer has none.
jest.setTimeout(900_000);

let metal: Metal;

beforeAll(async () => {
  metal = await Metal.make(1, AbortSignal.timeout(880_000), "debian:13");
});
afterAll(async () => metal[Symbol.asyncDispose]());

test("a host with Debian 13 is claimed, gets packages and is given back as it was", async () => {
  const signal = AbortSignal.timeout(600_000);
  const owner = newOwner();
  await using driver = metal.driver();
  const before = await metal.snapshots();
  expect(await reportHosts(driver.pool, signal)).toMatchObject([
    { state: "free", seen: { os: "debian 13" } },
  ]);
  const machine = await driver.launch(claimOf(owner, "east", "web-1"), signal);
  {
    await using shell = await shellOn(machine, signal);
    await shell.run(aptInstall(["socat"], "web"), signal);
    await shell.run(aptPurge(["socat"], "web"), signal);
  }
  await removeAll(driver, owner);
  expect(await metal.traces()).toEqual([]);
  expect(await metal.snapshots()).toEqual(before);
});
