import assert from "node:assert/strict";
import { systemClock } from "../../core/clock.ts";
import type { MachineTemplate, NodeClaim } from "../../core/driver.ts";
import { CapacityError, QuotaError } from "../../core/errors.ts";
import type { Bench, DriverCase } from "./bench.ts";

const needsFailing: DriverCase["skip"] = ({ failing }) =>
  failing === undefined ? "the lab names no template whose launch fails" : undefined;

/** Shares of the time that a launch takes, at which it is cancelled. */
const MOMENTS = [0, 0.15, 0.4, 0.6, 0.8];
/** Early enough that no machine is ready. */
const SOON_MS = 400;

/** Whatever goes wrong, nothing is left, and nothing else is harmed. */
export const failureCases: readonly DriverCase[] = [
  {
    title: "a machine that the cloud has no room for is refused as such, and nothing is left",
    skip: ({ tooBig }) =>
      tooBig === undefined ? "the lab names no template that the cloud cannot satisfy" : undefined,
    async run(bench) {
      const wish = bench.claim(bench.sites[0], "huge", withTemplate(bench.lab.tooBig));
      const refused = await bench.launch(wish).catch((error: unknown) => error);
      const typed = refused instanceof CapacityError || refused instanceof QuotaError;
      assert.ok(typed, `neither a CapacityError nor a QuotaError: ${String(refused)}`);
      await bench.nothingIsLeft();
    },
  },
  {
    title: "a launch that fails leaves nothing",
    skip: needsFailing,
    async run(bench) {
      await assert.rejects(bench.launch(failing(bench)));
      await bench.nothingIsLeft();
    },
  },
  {
    title: "a launch that fails leaves the owner's other machines alone",
    skip: needsFailing,
    async run(bench) {
      const kept = bench.launch(bench.claim(bench.sites[0], "kept"));
      await assert.rejects(bench.launch(failing(bench)));
      const machine = await kept;
      assert.deepEqual(await bench.list(), [machine]);
      await bench.output(machine, "true");
    },
  },
  {
    title: "a launch that is cancelled, at whatever moment, leaves nothing",
    async run(bench) {
      const began = Date.now();
      await bench.launch(bench.claim(bench.sites[0], "measured"));
      const tookMs = Date.now() - began;
      await bench.removeAll();
      for (const part of MOMENTS) {
        await cancelled(bench, bench.claim(bench.sites[0], "cancelled"), part * tookMs);
        await bench.nothingIsLeft();
      }
    },
  },
  {
    title: "launches that are cancelled together leave nothing",
    async run(bench) {
      const [here, there] = bench.sites;
      const wishes = [bench.claim(here, "a"), bench.claim(here, "b"), bench.claim(there, "a")];
      await Promise.all(wishes.map((wish) => cancelled(bench, wish, SOON_MS)));
      await bench.nothingIsLeft();
    },
  },
  {
    title: "cancelling a second launch of a claim leaves the machine that the first one made",
    skip: (_lab, { powerOff }) => (powerOff ? undefined : "the driver cannot power machines off"),
    async run(bench) {
      const wish = bench.claim(bench.sites[0], "web-1");
      const machine = await bench.launch(wish);
      await bench.driver.stop(machine.id, bench.signal);
      await assert.rejects(bench.driver.launch(wish, AbortSignal.timeout(5)));
      assert.deepEqual(await bench.launch(wish), machine);
    },
  },
  {
    title: "nothing is begun under a signal that is aborted already",
    async run(bench) {
      const wish = bench.claim(bench.sites[0], "web-1");
      await assert.rejects(bench.driver.launch(wish, AbortSignal.abort()));
      await bench.nothingIsLeft();
    },
  },
];

function failing(bench: Bench): NodeClaim {
  return bench.claim(bench.sites[0], "broken", withTemplate(bench.lab.failing));
}

function withTemplate(template: MachineTemplate | undefined): Partial<NodeClaim> {
  return template === undefined ? {} : { template };
}

/** Launches and cancels after a while; a machine that was ready before that is no leftover and is removed. */
async function cancelled(bench: Bench, wish: NodeClaim, afterMs: number): Promise<void> {
  const stop = new AbortController();
  const launched = bench.driver.launch(wish, stop.signal).catch(() => undefined);
  await systemClock.sleep(afterMs, bench.signal);
  stop.abort();
  if ((await launched) !== undefined) await bench.removeAll();
}
