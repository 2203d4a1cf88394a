import { getMaxListeners } from "node:events";
import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { HotsiteError, LeaseLostError, RetryableError } from "../../core/errors.ts";
import { defineStep, parallel, sequence } from "../../workflow/define.ts";
import { history, unfinishedRun } from "../../workflow/history.ts";
import { abandonRun, runWorkflow } from "../../workflow/runner.ts";
import { stepNames } from "../../workflow/tree.ts";
import { looks, makes, makesForGood, workflowOf, type FakeCloud } from "./fake-cloud.ts";
import { harness } from "./harness.ts";

const t = harness();
const broken = (name: string) =>
  makes(name, {
    run: async () => {
      throw new HotsiteError("no-room", "the disk is full", { hint: "make room" });
    },
  });

describe("a run that goes well", () => {
  test("runs its steps in order and keeps what each gave, with its time", async () => {
    const result = await t.run(workflowOf(makes("one"), looks("look"), makes("two")));
    expect(result.state).toBe("done");
    expect(t.cloud.calls).toEqual(["make one/disk", "make one", "make two/disk", "make two"]);
    const [run] = await history(t.store, "petclinic");
    expect(run).toMatchObject({ id: result.run, state: "done", workflow: "install", by: "ops@laptop" });
    expect(run?.ms).toBeGreaterThanOrEqual(0);
    expect(run?.steps.map(({ name, state, output, attempts }) => [name, state, output, attempts])).toEqual([
      ["one", "done", "id of one", 1],
      ["look", "done", ["one", "one/disk"], 1],
      ["two", "done", "id of two", 1],
    ]);
  });

  test("tells its observer each event", async () => {
    const chatty = makes("one", {
      run: async (cloud) => {
        cloud.report("half way");
        return cloud.make("one");
      },
    });
    await t.run(workflowOf(chatty));
    expect(t.events.map(({ kind }) => kind)).toEqual([
      "run-started",
      "step-started",
      "step-progress",
      "step-done",
      "run-ended",
    ]);
    expect(t.events[0]).toMatchObject({ steps: ["one"], resumed: false, application: "petclinic" });
    expect(t.events[2]).toMatchObject({ step: "one", text: "half way" });
  });

  test("gives a step the output of an earlier one, and refuses that of one that has not run", async () => {
    const first = makes("one");
    const asks = (name: string, wanted: typeof first) =>
      defineStep<FakeCloud, string>({
        name,
        output: z.string(),
        run: async ({ output }) => output(wanted).toUpperCase(),
        readOnly: true,
      });
    await t.run(workflowOf(first, asks("shout", first)));
    expect((await history(t.store, "petclinic"))[0]?.steps[1]?.output).toBe("ID OF ONE");
    const later = makes("three");
    await expect(t.run(workflowOf(asks("too early", later), later))).rejects.toMatchObject({
      cause: { code: "no-output", message: expect.stringContaining("three") },
    });
  });

  test("runs what is side by side at once, but never more than it may", async () => {
    let [now, most] = [0, 0];
    const steps = Array.from({ length: 9 }, (_, index) =>
      looksDuring(`look ${index}`, async () => {
        most = Math.max(most, (now += 1));
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
      }),
    );
    await t.run(workflowOf(parallel(sequence(parallel(...steps)))), { concurrency: 3 });
    expect(most).toBe(3);
  });

  test("lets any number of steps listen to their signal without a warning of a leak", async () => {
    const limits: number[] = [];
    const asks = makes("one", {
      run: async (_cloud, signal) => {
        limits.push(getMaxListeners(signal));
        throw new Error("undo it");
      },
      undo: async (_cloud, _output, signal) => void limits.push(getMaxListeners(signal)),
    });
    await expect(t.run(workflowOf(parallel(asks)))).rejects.toThrow("undo it");
    expect(limits).toEqual([Infinity, Infinity]);
  });

  test("is refused before anything is written when its steps cannot be told apart or left behind", async () => {
    for (const steps of [[makes("one"), makes("one")], [makes("one", { undo: undefined })]]) {
      await expect(t.run(workflowOf(...steps))).rejects.toMatchObject({ code: "invalid-workflow" });
    }
    expect(await history(t.store, "petclinic")).toEqual([]);
  });
});

describe("a run that fails", () => {
  test("undoes all in reverse, the failed step included, and says why", async () => {
    const run = t.run(workflowOf(makes("one"), parallel(makes("two"), makes("three")), broken("four")));
    await expect(run).rejects.toMatchObject({
      code: "run-unwound",
      message: expect.stringMatching(/install stopped at "four": the disk is full\nNothing is left/),
      hint: "make room",
      cause: { code: "no-room" },
    });
    expect(t.cloud.things).toEqual([]);
    expect(t.cloud.calls.at(-2)).toBe("remove one");
    expect(await unfinishedRun(t.store, "petclinic")).toBeUndefined();
    expect((await history(t.store, "petclinic"))[0]).toMatchObject({
      state: "unwound",
      error: { code: "no-room", hint: "make room" },
      steps: [
        { state: "undone" },
        { state: "undone" },
        { state: "undone" },
        { state: "undone", error: { code: "no-room" } },
      ],
    });
  });

  test("cancels what runs beside the failed step", async () => {
    const waits = makes("waits", { run: async (_cloud, signal) => aborted(signal) });
    await expect(t.run(workflowOf(parallel(waits, broken("fails"))))).rejects.toMatchObject({
      cause: { code: "no-room" },
    });
    const steps = (await history(t.store, "petclinic"))[0]?.steps;
    expect(steps?.[0]).toMatchObject({ name: "waits", state: "undone", error: { code: "cancelled" } });
  });

  test("tries a step three times when its error may pass, each try in the journal", async () => {
    const flaky = (name: string, failures: number) => {
      let tries = 0;
      return makes(name, {
        run: async (cloud) => {
          if ((tries += 1) <= failures) throw new RetryableError("unreachable", "no answer");
          return cloud.make(name);
        },
      });
    };
    await t.run(workflowOf(flaky("comes back", 2)));
    expect((await history(t.store, "petclinic"))[0]?.steps[0]).toMatchObject({ state: "done", attempts: 3 });
    expect(t.events.filter(({ kind }) => kind === "step-retried")).toMatchObject([
      { attempt: 2, error: { code: "unreachable" } },
      { attempt: 3 },
    ]);
    await expect(t.run(workflowOf(flaky("stays away", 3)))).rejects.toMatchObject({
      cause: { code: "unreachable" },
    });
  });

  test("fails when a step gives something else than it declares", async () => {
    const lies = makes("one", { run: async () => 7 as unknown as string });
    await expect(t.run(workflowOf(lies))).rejects.toMatchObject({
      code: "run-unwound",
      cause: { code: "bad-output" },
    });
  });

  test("goes on undoing when one undo fails, lists what is left, and can be resumed until nothing is", async () => {
    let sticks = true;
    const sticky = makes("sticky", {
      undo: async (cloud) => {
        if (sticks) throw new HotsiteError("in-use", "it is in use");
        await cloud.remove("sticky");
        await cloud.remove("sticky/disk");
      },
    });
    const workflow = workflowOf(makes("one"), sticky, broken("fails"));
    await expect(t.run(workflow)).rejects.toMatchObject({
      code: "run-unwind-failed",
      message: expect.stringContaining("Not undone:\n  sticky: it is in use"),
      hint: "make room; then: hotsite resume",
      details: { left: [{ step: "sticky", problem: "it is in use" }] },
    });
    expect(t.cloud.things).toEqual(["sticky", "sticky/disk"]);
    await expect(t.resume(workflow)).rejects.toMatchObject({ code: "run-unwind-failed" });
    await expect(t.resume(workflow, "forward")).rejects.toMatchObject({ code: "cannot-go-forward" });
    sticks = false;
    expect(await t.resume(workflow)).toMatchObject({ state: "unwound" });
    expect(t.cloud.things).toEqual([]);
  });

  test("tries an undo again when its error may pass", async () => {
    let tries = 0;
    const flaky = makes("flaky", {
      undo: async (cloud) => {
        if ((tries += 1) < 3) throw new RetryableError("unreachable", "no answer");
        await cloud.remove("flaky");
        await cloud.remove("flaky/disk");
      },
    });
    await expect(t.run(workflowOf(flaky, broken("fails")))).rejects.toMatchObject({ code: "run-unwound" });
    expect(t.cloud.things).toEqual([]);
  });

  test("gives each undo a signal that ends it when it takes too long", async () => {
    const endless = makes("endless", { undo: async (_cloud, _output, signal) => aborted(signal) });
    const run = t.run(workflowOf(makes("one"), endless, broken("fails")), { undoTimeoutMs: 50 });
    await expect(run).rejects.toMatchObject({
      code: "run-unwind-failed",
      details: { left: [{ step: "endless" }] },
    });
    expect(t.cloud.things).toEqual(["endless", "endless/disk"]);
  });
});

describe("a run that is cancelled", () => {
  test("is undone with signals that are not aborted", async () => {
    const signals: boolean[] = [];
    const cancels = makes("two", {
      run: async (_cloud, signal) => {
        t.cancel.abort(new Error("Ctrl-C"));
        return aborted(signal);
      },
      undo: async (_cloud, _output, signal) => void signals.push(signal.aborted),
    });
    await expect(t.run(workflowOf(makes("one"), cancels, makes("three")))).rejects.toMatchObject({
      code: "run-unwound",
      message: expect.stringContaining("Ctrl-C"),
    });
    expect(signals).toEqual([false]);
    expect(t.cloud.calls).not.toContain("make three");
    expect(t.cloud.things).toEqual([]);
  });

  test("does not begin when it is cancelled before", async () => {
    t.cancel.abort(new Error("Ctrl-C"));
    await expect(t.run(workflowOf(makes("one")))).rejects.toThrow("Ctrl-C");
    expect(await history(t.store, "petclinic")).toEqual([]);
  });
});

describe("a run past a point of no return", () => {
  test("is stuck when a step fails, undoes nothing, and goes forward when resumed", async () => {
    let fails = true;
    const later = makes("later", {
      run: async (cloud) => {
        if (fails) throw new HotsiteError("no-room", "the disk is full", { hint: "make room" });
        return cloud.make("later");
      },
    });
    const workflow = workflowOf(makes("one"), makesForGood("monument"), later, makes("last"));
    await expect(t.run(workflow)).rejects.toMatchObject({
      code: "run-stuck",
      message: expect.stringContaining(
        "monument cannot be taken back. Still to do:\n  later: the disk is full\n  last",
      ),
      hint: "make room; then: hotsite resume",
      details: { left: [{ step: "later", problem: "the disk is full" }, { step: "last" }] },
    });
    await expect(t.resume(workflow, "unwind")).rejects.toMatchObject({ code: "cannot-unwind" });
    fails = false;
    expect(await t.resume(workflow)).toMatchObject({ state: "done" });
    expect(t.cloud.calls.filter((call) => call === "make one")).toHaveLength(1);
    expect((await history(t.store, "petclinic"))[0]?.error).toBeUndefined();
  });

  test("is stuck also when it is cancelled there", async () => {
    const cancels = makes("cancels", {
      run: async (_cloud, signal) => {
        t.cancel.abort(new Error("Ctrl-C"));
        return aborted(signal);
      },
    });
    await expect(t.run(workflowOf(makesForGood("monument"), cancels))).rejects.toMatchObject({
      code: "run-stuck",
    });
  });
});

describe("one run at a time for each application", () => {
  test("a second run is told who is at it", async () => {
    const second = looksDuring("look", async () => {
      await expect(t.run(workflowOf(makes("one")))).rejects.toMatchObject({
        code: "locked",
        message: expect.stringContaining("install by ops@laptop"),
      });
      await runWorkflow({
        ...t.settings(),
        application: "other",
        workflow: workflowOf(),
        input: null,
        context: t.cloud,
      });
    });
    expect(await t.run(workflowOf(second))).toMatchObject({ state: "done" });
  });

  test("a run is refused while another one is unfinished, until that is resumed or given up", async () => {
    const stuck = workflowOf(makesForGood("monument"), broken("fails"));
    await expect(t.run(stuck)).rejects.toMatchObject({ code: "run-stuck" });
    await expect(t.run(workflowOf(makes("one")))).rejects.toMatchObject({
      code: "unfinished-run",
      hint: expect.stringContaining("hotsite resume"),
      details: { state: "stuck", workflow: "install" },
    });
    expect(await abandonRun(t.settings())).toMatchObject({ state: "abandoned" });
    await expect(t.resume(stuck)).rejects.toMatchObject({ code: "nothing-to-resume" });
    expect(await t.run(workflowOf(makes("one")))).toMatchObject({ state: "done" });
  });

  test("a run stops without undoing anything the moment its lease is lost", async () => {
    const lost = new AbortController();
    const store = Object.create(t.store, {
      lease: {
        value: async () => ({
          holder: "me",
          signal: lost.signal,
          [Symbol.asyncDispose]: async () => undefined,
        }),
      },
      get: { value: t.store.get.bind(t.store) },
      put: { value: t.store.put.bind(t.store) },
      list: { value: t.store.list.bind(t.store) },
    }) as typeof t.store;
    const loses = makes("two", {
      run: async (_cloud, signal) => {
        lost.abort(new LeaseLostError("somebody else has it"));
        return aborted(signal);
      },
    });
    await expect(t.run(workflowOf(makes("one"), loses), { store })).rejects.toMatchObject({
      code: "lease-lost",
    });
    expect(t.cloud.things).toEqual(["one", "one/disk"]);
  });
});

describe("a resumed run", () => {
  test("is refused when its steps are others than those in the journal, or nobody knows its workflow", async () => {
    await expect(t.run(workflowOf(makesForGood("monument"), broken("fails")))).rejects.toThrow();
    await expect(t.resume(workflowOf(makes("one"), broken("fails")))).rejects.toMatchObject({
      code: "workflow-changed",
    });
    await expect(t.resume({ ...workflowOf(), name: "uninstall" })).rejects.toMatchObject({
      code: "unknown-workflow",
    });
    expect(await unfinishedRun(t.store, "petclinic")).toMatchObject({ state: "stuck" });
  });
});

test("a plan lists the steps without running them", () => {
  expect(stepNames(sequence(makes("one"), parallel(makes("two"), sequence(makes("three")))))).toEqual([
    "one",
    "two",
    "three",
  ]);
});

function looksDuring(name: string, work: () => Promise<void>) {
  return defineStep<FakeCloud, undefined>({
    name,
    output: z.undefined(),
    run: async () => {
      await work();
      return undefined;
    },
    readOnly: true,
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}
