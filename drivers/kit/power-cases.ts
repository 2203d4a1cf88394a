import assert from "node:assert/strict";
import { NodeNotFoundError } from "../../core/errors.ts";
import { newOwner, type DriverCase } from "./bench.ts";

const needsPower: DriverCase["skip"] = (_lab, { powerOff }) =>
  powerOff ? undefined : "the driver cannot power machines off";

/** A clock of a machine may differ from ours by so much. */
const CLOCKS_DIFFER_MS = 10_000;

/** Listing, powering and destroying. */
export const powerCases: readonly DriverCase[] = [
  {
    title: "each owner sees its own machines, in a stable order, also those that are off",
    skip: needsPower,
    async run(bench) {
      const [here] = bench.sites;
      const [second, first] = await Promise.all(
        ["b", "a"].map((name) => bench.launch(bench.claim(here, name))),
      );
      assert.ok(first && second);
      await bench.driver.stop(second.id, bench.signal);
      assert.deepEqual(await bench.list(), [first, { ...second, state: "stopped" }]);
      assert.deepEqual(await bench.list(newOwner()), []);
    },
  },
  {
    title: "a power cut keeps the disk and the endpoints; off and on can be said twice",
    skip: needsPower,
    async run(bench) {
      const { driver, signal } = bench;
      const machine = await bench.launch(bench.claim(bench.sites[0], "db-1", { expose: [3306, 8080] }));
      await bench.script(machine, "echo precious > /root/kept && sync");
      for (let again = 0; again < 2; again += 1) await driver.stop(machine.id, signal);
      for (let again = 0; again < 2; again += 1)
        assert.deepEqual(await driver.start(machine.id, signal), machine);
      assert.equal(await bench.output(machine, "cat", "/root/kept"), "precious");
    },
  },
  {
    title: "a machine runs no instruction after it was powered off",
    skip: (_lab, { fences }) => (fences ? undefined : "the driver does not claim to fence"),
    async run(bench) {
      const machine = await bench.launch(bench.claim(bench.sites[0], "db-1"));
      const beat = "while :; do date +%s%3N > /root/beat.new && mv /root/beat.new /root/beat; done";
      await bench.script(machine, `(setsid sh -c '${beat}' > /root/log 2>&1 < /dev/null &); sleep 0.3`);
      await bench.driver.stop(machine.id, bench.signal);
      const offAt = Date.now();
      await bench.driver.start(machine.id, bench.signal);
      const last = Number(await bench.output(machine, "cat", "/root/beat"));
      assert.ok(last > offAt - CLOCKS_DIFFER_MS, `the beat was never seen: ${last}`);
      assert.ok(last <= offAt, `it ran ${last - offAt} ms after it was said to be off`);
    },
  },
  {
    title: "a machine that does not exist cannot be powered, and destroying it is no fault",
    async run({ driver, signal }) {
      await assert.rejects(driver.stop("0123456789abcdef", signal), NodeNotFoundError);
      await assert.rejects(driver.start("0123456789abcdef", signal), NodeNotFoundError);
      await driver.destroy("0123456789abcdef", signal);
    },
  },
  {
    title: "destroying can be repeated, also at once, and takes machines that are off",
    async run(bench) {
      const { driver, signal } = bench;
      const wishes = ["on", "off"].map((name) => bench.claim(bench.sites[0], name));
      const [on, off] = await Promise.all(wishes.map((wish) => bench.launch(wish)));
      assert.ok(on && off);
      if (driver.capabilities().powerOff) await driver.stop(off.id, signal);
      await Promise.all([on, off, on, off].map(({ id }) => driver.destroy(id, signal)));
      await driver.destroy(on.id, signal);
      assert.deepEqual(await bench.list(), []);
      await assert.rejects(driver.start(on.id, signal), NodeNotFoundError);
    },
  },
  {
    title: "a sweep does nothing while a machine is left, and can be repeated",
    async run(bench) {
      const { driver, owner, signal } = bench;
      const [here, there] = bench.sites;
      const wishes = [bench.claim(here, "kept"), bench.claim(there, "gone")];
      const [kept, gone] = await Promise.all(wishes.map((wish) => bench.launch(wish)));
      assert.ok(kept && gone);
      await driver.destroy(gone.id, signal);
      await driver.sweep(owner, signal);
      const back = await bench.launch(bench.claim(there, "back"));
      await bench.output(kept, "ping", "-c", "1", "-W", "5", back.address);
      await bench.removeAll();
      await driver.sweep(owner, signal);
    },
  },
];
