import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import type { Driver, Machine, NodeClaim } from "../../core/driver.ts";
import { CapacityError, NodeNotFoundError, QuotaError } from "../../core/errors.ts";
import { claimOf, newOwner } from "./claim.ts";
import { outputOf, removeAll, scriptOn, type DriverLab } from "./lab.ts";

const seconds = (count: number): AbortSignal => AbortSignal.timeout(count * 1000);

/** What every driver does. Machines of the lab are real, and so is everything that is asked of them. */
export function describeDriver(name: string, lab: DriverLab): void {
  describe(`${name} as a driver`, () => {
    const [here, there] = lab.sites;
    let driver: Driver;
    let owner: string;
    let signal: AbortSignal;

    const claim = (site: string, node: string, more: Partial<NodeClaim> = {}): NodeClaim =>
      claimOf(owner, site, node, { template: lab.template, ...more });
    const launch = (wish: NodeClaim): Promise<Machine> => driver.launch(wish, signal);

    beforeEach(async () => {
      driver = await lab.open();
      owner = newOwner();
      signal = seconds(100);
    });

    afterEach(async () => {
      await removeAll(driver, owner);
      await driver[Symbol.asyncDispose]();
      expect(await lab.leftovers(owner)).toEqual([]);
    });

    test("a launched machine runs, lets in whom it should, and says whose it is", async () => {
      const wish = claim(here, "web-1", { expose: [8080] });
      const machine = await launch(wish);
      expect(machine).toMatchObject({ claim: wish.id, owner, site: here, name: "web-1", state: "running" });
      expect(Object.keys(machine.exposed)).toEqual(["8080"]);
      expect(await outputOf(machine, ["id", "-un"], signal)).toBe(
        machine.ssh.sudo === true ? "root" : machine.ssh.user,
      );
      expect(await driver.list(owner, signal)).toEqual([machine]);
    });

    test("launching a claim again gives the same machine, brought up when it was off", async () => {
      const wish = claim(here, "web-1", { expose: [8080] });
      const machine = await launch(wish);
      expect(await launch(wish)).toEqual(machine);
      await driver.stop(machine.id, signal);
      expect(await launch(wish)).toEqual(machine);
    });

    test("one claim that is launched many times at once gives one machine", async () => {
      const wish = claim(here, "web-1");
      await using other = await lab.open();
      const machines = await Promise.all(
        [driver, other, driver, other].map((one) => one.launch(wish, signal)),
      );
      expect(new Set(machines.map(({ id }) => id)).size).toBe(1);
      expect(await driver.list(owner, signal)).toEqual([machines[0]]);
    });

    test("machines that are launched at once reach each other, in their site and across sites", async () => {
      const wishes = [claim(here, "a"), claim(here, "b"), claim(there, "a"), claim(there, "b")];
      const [first, ...others] = await Promise.all(wishes.map(launch));
      expect(new Set([first, ...others].map((machine) => machine?.address)).size).toBe(wishes.length);
      for (const { address } of others)
        await outputOf(first!, ["ping", "-c", "1", "-W", "5", address], signal);
    });

    test("a name that another claim has is refused, and its machine stays", async () => {
      const machine = await launch(claim(here, "web-1"));
      await expect(launch(claim(here, "web-1"))).rejects.toMatchObject({ code: "name-taken" });
      expect(await driver.list(owner, signal)).toEqual([machine]);
    });

    test("each owner sees its own machines, in a stable order, also those that are off", async () => {
      const [second, first] = await Promise.all([launch(claim(here, "b")), launch(claim(here, "a"))]);
      await driver.stop(second.id, signal);
      expect(await driver.list(owner, signal)).toEqual([first, { ...second, state: "stopped" }]);
      expect(await driver.list(newOwner(), signal)).toEqual([]);
    });

    test("a power cut keeps the disk and the endpoints; off and on can be said twice", async () => {
      const machine = await launch(claim(here, "db-1", { expose: [3306, 8080] }));
      await scriptOn(machine, "echo precious > /root/kept && sync", signal);
      for (let again = 0; again < 2; again++) await driver.stop(machine.id, signal);
      for (let again = 0; again < 2; again++) expect(await driver.start(machine.id, signal)).toEqual(machine);
      expect(await outputOf(machine, ["cat", "/root/kept"], signal)).toBe("precious");
    });

    test("a machine runs no instruction after it was powered off", async () => {
      const machine = await launch(claim(here, "db-1"));
      const beat = "while :; do date +%s%3N > /root/beat.new && mv /root/beat.new /root/beat; done";
      await scriptOn(machine, `(setsid sh -c '${beat}' > /root/log 2>&1 < /dev/null &); sleep 0.3`, signal);
      await driver.stop(machine.id, signal);
      const offAt = Date.now();
      await driver.start(machine.id, signal);
      const last = Number(await outputOf(machine, ["cat", "/root/beat"], signal));
      expect(last).toBeGreaterThan(offAt - 10_000);
      expect(last).toBeLessThanOrEqual(offAt);
    });

    test("a machine that does not exist cannot be powered, and destroying it is no fault", async () => {
      await expect(driver.stop("0123456789abcdef", signal)).rejects.toBeInstanceOf(NodeNotFoundError);
      await expect(driver.start("0123456789abcdef", signal)).rejects.toBeInstanceOf(NodeNotFoundError);
      await driver.destroy("0123456789abcdef", signal);
    });

    test("destroying can be repeated, also at once, and takes machines that are off", async () => {
      const [on, off] = await Promise.all([launch(claim(here, "on")), launch(claim(here, "off"))]);
      await driver.stop(off.id, signal);
      await Promise.all([on, off, on, off].map(({ id }) => driver.destroy(id, signal)));
      await driver.destroy(on.id, signal);
      expect(await driver.list(owner, signal)).toEqual([]);
      await expect(driver.start(on.id, signal)).rejects.toBeInstanceOf(NodeNotFoundError);
    });

    test("a sweep does nothing while a machine is left, and can be repeated", async () => {
      const [kept, gone] = await Promise.all([launch(claim(here, "kept")), launch(claim(there, "gone"))]);
      await driver.destroy(gone.id, signal);
      await driver.sweep(owner, signal);
      const back = await launch(claim(there, "back"));
      await outputOf(kept, ["ping", "-c", "1", "-W", "5", back.address], signal);
      await removeAll(driver, owner);
      await driver.sweep(owner, signal);
    });

    test("all faults are found at once, each with its path, and nothing is changed", async () => {
      expect(await driver.validate([claim(here, "web-1")], signal)).toEqual([]);
      const faulty = ["web-1", "web-2"].map((node) => claim(here, node, { template: lab.faulty.template }));
      const faults = await driver.validate(faulty, signal);
      expect(faults.map(({ path }) => path).sort()).toEqual([...lab.faulty.paths].sort());
      expect(await lab.leftovers(owner)).toEqual([]);
    });

    test("a machine that the cloud has no room for is refused as such, and nothing is left", async () => {
      const refused = await launch(claim(here, "huge", { template: lab.tooBig })).catch(
        (error: unknown) => error,
      );
      expect([CapacityError, QuotaError].some((kind) => refused instanceof kind)).toBe(true);
      expect(await lab.leftovers(owner)).toEqual([]);
    });

    test("a launch that fails leaves nothing", async () => {
      await expect(launch(claim(here, "broken", { template: lab.failing }))).rejects.toThrow();
      expect(await lab.leftovers(owner)).toEqual([]);
    });

    test("a launch that fails leaves the owner's other machines alone", async () => {
      const kept = launch(claim(here, "kept"));
      await expect(launch(claim(here, "broken", { template: lab.failing }))).rejects.toThrow();
      const machine = await kept;
      expect(await driver.list(owner, signal)).toEqual([machine]);
      await outputOf(machine, ["true"], signal);
    });

    test("a launch that is cancelled, at whatever moment, leaves nothing", async () => {
      const began = Date.now();
      await launch(claim(here, "measured"));
      const tookMs = Date.now() - began;
      await removeAll(driver, owner);
      for (const part of [0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85]) {
        await cancelled(driver, claim(here, "cancelled"), part * tookMs, signal);
        expect(await lab.leftovers(owner)).toEqual([]);
      }
    });

    test("launches that are cancelled together leave nothing", async () => {
      const wishes = [claim(here, "a"), claim(here, "b"), claim(there, "a")];
      await Promise.all(wishes.map((wish) => cancelled(driver, wish, 400, signal)));
      expect(await lab.leftovers(owner)).toEqual([]);
    });

    test("cancelling a second launch of a claim leaves the machine that the first one made", async () => {
      const wish = claim(here, "web-1");
      const machine = await launch(wish);
      await driver.stop(machine.id, signal);
      await expect(driver.launch(wish, AbortSignal.timeout(5))).rejects.toThrow();
      expect(await launch(wish)).toEqual(machine);
    });

    test("nothing is begun under a signal that is aborted already", async () => {
      await expect(driver.launch(claim(here, "web-1"), AbortSignal.abort())).rejects.toThrow();
      expect(await lab.leftovers(owner)).toEqual([]);
    });
  });
}

/** Launches and cancels after a while; a machine that was ready before that is no leftover and is removed. */
async function cancelled(
  driver: Driver,
  wish: NodeClaim,
  afterMs: number,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const launched = driver.launch(wish, stop.signal).catch(() => undefined);
  await systemClock.sleep(afterMs, signal);
  stop.abort();
  if ((await launched) !== undefined) await removeAll(driver, wish.owner);
}
