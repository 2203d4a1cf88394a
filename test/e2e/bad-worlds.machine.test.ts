import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Scene } from "./harness.ts";

jest.setTimeout(120_000);

/** One machine goes through everything; each test leaves it as it was. */
describe("a world that is not as it should be", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.of("test/e2e/fixtures/fragile");
    await scene.run("install");
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  });

  test("nothing: the doctor finds nothing, exec and cp go both ways", async () => {
    const { nodes } = (await scene.run("doctor")) as { nodes: readonly { diagnoses: readonly unknown[] }[] };
    expect(nodes.flatMap(({ diagnoses }) => diagnoses)).toEqual([]);
    await writeFile(join(scene.folder, "note.txt"), "from here\n");
    await scene.run("cp", "note.txt", "east/web-1:/tmp/note with 'quotes'.txt");
    const { instances } = await scene.run("exec", "web", "--", "cat", "/tmp/note with 'quotes'.txt");
    expect(instances).toMatchObject([{ node: "east/web-1", exitCode: 0, stdout: "from here" }]);
    await scene.run("cp", "east/web-1:/tmp/note with 'quotes'.txt", "back.txt");
    expect(await readFile(join(scene.folder, "back.txt"), "utf8")).toBe("from here\n");
    expect((await scene.attempt(["exec", "east", "exit 7"])).code).toBe(7);
  });
});
