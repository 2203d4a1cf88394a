import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Emulator } from "../drivers/ec2/emulator.ts";
import { Scene } from "./harness.ts";
import { expectAnswers, tinyScene } from "./tiny.ts";

describe("an application on EC2", () => {
  let emulator: Emulator;
  let scene: Scene;

  beforeAll(async () => {
    emulator = await Emulator.open("machine");
    scene = await tinyScene();
    await scene.edit("local, systemd", "ec2, systemd");
    await scene.edit("local()", `ec2(${JSON.stringify(emulator.options)})`);
  }, 600_000);

  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
    await emulator[Symbol.asyncDispose]();
  }, 60_000);

  test("is installed and removed by commands that are killed in the middle of a call, and nothing is twice or left", async () => {
    const { owner } = (await scene.run("orphans")) as { owner: string };
    await killedIn("RunInstances", "lost-after", "install");
    expect(await emulator.account.instancesOf(owner)).not.toEqual([]);
    await scene.run("resume");
    await expectAnswers(scene);
    expect(await emulator.account.instancesOf(owner)).toHaveLength(2);
    expect(await scene.run("orphans")).toMatchObject({ orphans: [], gone: [] });

    await killedIn("TerminateInstances", "lost-after", "uninstall", "--yes");
    await scene.run("uninstall", "--yes");
    expect(await emulator.leftovers(owner)).toEqual([]);
  }, 300_000);

  test("has a machine that nobody knows told and reaped, and its node installed anew", async () => {
    const { owner } = (await scene.run("orphans")) as { owner: string };
    await scene.run("install");
    const [instance] = await emulator.account.instancesOf(owner);
    const stray = {
      Resources: [instance?.InstanceId ?? ""],
      Tags: [{ Key: "hotsite:claim", Value: "lost" }],
    };
    await emulator.account.ec2.createTags(stray);
    const found = await scene.run("orphans");
    expect(found).toMatchObject({ orphans: [{ machine: instance?.InstanceId }], gone: [{}] });
    await scene.run("orphans", "--reap", "--yes");
    expect(await emulator.account.instancesOf(owner)).toHaveLength(1);
    await scene.run("install");
    await expectAnswers(scene);
    await scene.run("uninstall", "--yes");
    expect(await emulator.leftovers(owner)).toEqual([]);
  }, 300_000);

  /** Runs a command that dies when it comes to this call for the first time. */
  async function killedIn(
    action: string,
    kind: "lost-before" | "lost-after",
    ...words: readonly string[]
  ): Promise<void> {
    const arm = (kill: () => void): void => {
      emulator.front.mishap = (called) => {
        if (called !== action) return undefined;
        emulator.front.reset();
        return { kind, then: kill };
      };
    };
    expect(await scene.killedBy(arm, ...words)).toBe(true);
  }
});
