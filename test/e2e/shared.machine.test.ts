import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { z } from "zod";
import { Scene } from "./harness.ts";

jest.setTimeout(120_000);

describe("two services on one machine", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.of("test/e2e/fixtures/shared");
    await scene.run("install");
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  });

  /** What each port of the machine answers. */
  const answers = async (): Promise<readonly string[]> => {
    const [node] = list.parse(await scene.run("nodes")).nodes;
    const ports = ["8081", "8082"].map(async (port) => {
      const { host, port: outside } = node?.exposed[port] ?? { host: "", port: 0 };
      return (await fetch(`http://${host}:${outside}/`, { signal: AbortSignal.timeout(10_000) })).text();
    });
    return Promise.all(ports);
  };
  const startOf = async (service: string): Promise<string> =>
    starts.parse(await scene.run("run", service, "since")).instances[0]?.stdout ?? "";

  test("are there, each on its port, on a machine that has the name of both", async () => {
    expect(list.parse(await scene.run("nodes")).nodes).toMatchObject([
      { name: "east/app-1", services: ["jobs", "mail"] },
    ]);
    expect(await answers()).toEqual(["jobs-1", "mail-1"]);
  });

  test("change one by one: the other one is not touched", async () => {
    const [jobs, mail] = [await startOf("jobs"), await startOf("mail")];
    await scene.edit("mail-1", "mail-2");
    await scene.run("install");
    expect(await answers()).toEqual(["jobs-1", "mail-2"]);
    expect([(await startOf("jobs")) === jobs, (await startOf("mail")) === mail]).toEqual([true, false]);
  });

  test("go together", async () => {
    await scene.run("uninstall", "--yes");
    expect(await scene.left()).toEqual([]);
  });
});

const list = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      services: z.array(z.string()),
      exposed: z.record(z.string(), z.object({ host: z.string(), port: z.number() })),
    }),
  ),
});
const starts = z.object({ instances: z.array(z.object({ stdout: z.string() })) });
