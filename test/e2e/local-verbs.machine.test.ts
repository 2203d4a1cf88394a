import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { LocalMachine } from "../../drivers/local/inventory.ts";
import { listSnapshots, removeSnapshot } from "../../drivers/local/snapshot.ts";
import type { Scene } from "./harness.ts";
import { expectAnswers, tinyScene } from "./tiny.ts";

jest.setTimeout(180_000);

describe("the machines of an application on this computer", () => {
  let scene: Scene;
  let snapshot: string;

  beforeAll(async () => {
    scene = await tinyScene();
    snapshot = scene.name;
    await scene.run("install");
  });

  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
    const signal = AbortSignal.timeout(30_000);
    if ((await listSnapshots(signal)).some(({ name }) => name === snapshot))
      await removeSnapshot(snapshot, signal);
  });

  const machines = async (...more: readonly string[]): Promise<readonly LocalMachine[]> =>
    (await scene.run("local", "ls", ...more))["machines"] as readonly LocalMachine[];

  test("are listed, alone or among everybody's", async () => {
    const ours = await machines();
    expect(ours).toMatchObject([
      { site: "east", name: "web-1", state: "running", address: expect.stringMatching(/^10\.111\./) },
      { site: "east", name: "web-2", image: expect.stringMatching(/^hotsite-node:/) },
    ]);
    expect(await machines("--all")).toEqual(
      expect.arrayContaining(ours.map(({ owner }) => expect.objectContaining({ owner }))),
    );
  });

  test("are shut down in order and started again, one or all, as often as one likes", async () => {
    const states = async (): Promise<readonly string[]> => (await machines()).map(({ state }) => state);
    await scene.on("east/web-2", "systemd-run --property=ExecStop='touch /root/in-order' sleep infinity");
    await scene.run("local", "down", "east/web-2", "--yes");
    expect(await states()).toEqual(["running", "stopped"]);
    await scene.run("local", "down", "--yes");
    await scene.run("local", "down", "east", "--yes");
    expect(await states()).toEqual(["stopped", "stopped"]);
    await scene.run("local", "up");
    await scene.run("local", "up");
    expect(await states()).toEqual(["running", "running"]);
    expect(await scene.on("east/web-2", "ls /root/in-order")).toBe("/root/in-order");
    await expectAnswers(scene);
  });

  test("are what others start from: with all that was installed, and without being the same machine", async () => {
    const identity =
      "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; ls /var/lib | grep hotsite; cat /root/mark";
    await scene.on("east/web-1", "echo secret > /var/lib/hotsite-role; echo kept > /root/mark");
    const before = await scene.on("east/web-1", identity);
    const { image } = await scene.run("local", "snapshot", "east/web-1", snapshot);
    expect((await scene.attempt(["local", "snapshot", "east/web-2", snapshot])).stdout).toContain(
      "snapshot-exists",
    );
    expect((await scene.run("local", "snapshots"))["snapshots"]).toContainEqual(
      expect.objectContaining({ name: snapshot, image }),
    );

    await scene.run("uninstall", "--yes");
    await scene.edit("local()", `local({ image: "${String(image)}" })`);
    await scene.run("install");
    const after = await scene.on("east/web-1", identity);
    const [machineId, hostKey] = before.split("\n");
    expect(after).toMatch(/\nkept$/);
    expect(after).not.toContain(machineId);
    expect(after).not.toContain(hostKey);
    expect(after).not.toContain("hotsite-role");
    await expectAnswers(scene);
    expect((await machines()).map((machine) => machine.image)).toEqual([image, image]);

    const remove = ["local", "snapshots", "--remove", snapshot, "--yes"];
    expect((await scene.attempt(remove)).stdout).toContain("snapshot-in-use");
    await scene.run("uninstall", "--yes");
    await scene.run(...remove);
    expect((await scene.attempt(remove)).stdout).toContain("no-such-snapshot");
  });
});
