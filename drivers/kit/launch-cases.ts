import assert from "node:assert/strict";
import type { DriverCase } from "./bench.ts";

/** What launching a claim comes to. */
export const launchCases: readonly DriverCase[] = [
  {
    title: "a launched machine runs, lets in whom it should, and says whose it is",
    async run(bench) {
      const [here] = bench.sites;
      const wish = bench.claim(here, "web-1", { expose: [8080] });
      const machine = await bench.launch(wish);
      const { claim, owner, site, name, state } = machine;
      const wanted = { claim: wish.id, owner: bench.owner, site: here, name: "web-1", state: "running" };
      assert.deepEqual({ claim, owner, site, name, state }, wanted);
      assert.deepEqual(Object.keys(machine.exposed), ["8080"]);
      const user = machine.ssh.sudo === true ? "root" : machine.ssh.user;
      assert.equal(await bench.output(machine, "id", "-un"), user);
      assert.deepEqual(await bench.list(), [machine]);
    },
  },
  {
    title: "launching a claim again gives the same machine, brought up when it was off",
    skip: (_lab, { powerOff }) => (powerOff ? undefined : "the driver cannot power machines off"),
    async run(bench) {
      const wish = bench.claim(bench.sites[0], "web-1", { expose: [8080] });
      const machine = await bench.launch(wish);
      assert.deepEqual(await bench.launch(wish), machine);
      await bench.driver.stop(machine.id, bench.signal);
      assert.deepEqual(await bench.launch(wish), machine);
    },
  },
  {
    title: "one claim that is launched many times at once gives one machine",
    async run(bench) {
      const { driver, signal } = bench;
      const wish = bench.claim(bench.sites[0], "web-1");
      await using other = await bench.lab.open();
      const machines = await Promise.all(
        [driver, other, driver, other].map((one) => one.launch(wish, signal)),
      );
      assert.equal(new Set(machines.map(({ id }) => id)).size, 1);
      assert.deepEqual(await bench.list(), machines.slice(0, 1));
    },
  },
  {
    title: "machines that are launched at once reach each other, in their site and across sites",
    async run(bench) {
      const [here, there] = bench.sites;
      const wishes = [here, there].flatMap((site) => ["a", "b"].map((name) => bench.claim(site, name)));
      const machines = await Promise.all(wishes.map((wish) => bench.launch(wish)));
      assert.equal(new Set(machines.map(({ address }) => address)).size, wishes.length);
      const [first, ...others] = machines;
      assert.ok(first);
      for (const { address } of others) await bench.output(first, "ping", "-c", "1", "-W", "5", address);
    },
  },
  {
    title: "a name that another claim has is refused, and its machine stays",
    async run(bench) {
      const [here] = bench.sites;
      const machine = await bench.launch(bench.claim(here, "web-1"));
      await assert.rejects(bench.launch(bench.claim(here, "web-1")), { code: "name-taken" });
      assert.deepEqual(await bench.list(), [machine]);
    },
  },
  {
    title: "all faults are found at once, each with its path, and nothing is changed",
    async run(bench) {
      const { driver, lab, signal } = bench;
      const [here] = bench.sites;
      assert.deepEqual(await driver.validate([bench.claim(here, "web-1")], signal), []);
      const { template, paths } = lab.faulty;
      const faulty = ["web-1", "web-2"].map((name) => bench.claim(here, name, { template }));
      const faults = await driver.validate(faulty, signal);
      assert.deepEqual(faults.map(({ path }) => path).sort(), [...paths].sort());
      await bench.nothingIsLeft();
    },
  },
];
