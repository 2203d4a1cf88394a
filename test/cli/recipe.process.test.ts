import { describe, expect, jest, test } from "@jest/globals";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folderWith, hotsite } from "./support.ts";

// Each test runs several commands; a busy machine takes its time.
jest.setTimeout(60_000);

const config = `
import { application, local } from "hotsite";
import { myCache } from "hotsite-recipe-my-cache";
export default application("shop", {
  sites: { east: { role: "primary", cloud: local() } },
  services: [myCache("cache", { port: 11300, greetng: "x" })],
});`;

describe("hotsite recipe new", () => {
  test("writes a recipe that a config imports from an installed package, with the faults of its own parameters", async () => {
    await using folder = await folderWith({ "hotsite.config.ts": config });
    const written = await hotsite(["recipe", "new", "my-cache"], folder.path);
    expect(written).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("next: cd hotsite-recipe-my-cache && hotsite recipe test\n"),
    });
    const installed = join(folder.path, "node_modules/hotsite-recipe-my-cache");
    await mkdir(join(folder.path, "node_modules"));
    await rename(join(folder.path, "hotsite-recipe-my-cache"), installed);

    const wrong = await hotsite(["plan"], folder.path);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("services.cache.greetng: is not a setting");
    await folder.write("hotsite.config.ts", config.replace(', greetng: "x"', ""));
    const plan = await hotsite(["plan", "--json"], folder.path);
    expect(plan.code).toBe(0);
    expect(plan.stdout).toContain("/opt/my-cache/my-cache.pl");
    expect(JSON.parse(await readFile(join(installed, "package.json"), "utf8"))).toMatchObject({
      name: "hotsite-recipe-my-cache",
      peerDependencies: { hotsite: "*" },
    });
  });

  test("a package of plain JavaScript gets the same instance of hotsite", async () => {
    await using folder = await folderWith({
      "hotsite.config.ts": config.replace("myCache }", "myCache, base }"),
    });
    const installed = join(folder.path, "node_modules/hotsite-recipe-my-cache");
    await mkdir(installed, { recursive: true });
    await writeFile(
      join(installed, "package.json"),
      '{"name":"hotsite-recipe-my-cache","version":"1.0.0","type":"module","exports":"./index.js"}',
    );
    await writeFile(
      join(installed, "index.js"),
      `import { defineRecipe, systemd, tcpOpen } from "hotsite";
import { z } from "zod";
export const base = 1;
export const myCache = defineRecipe("my-cache", {
  params: z.strictObject({ port: z.int() }), service: systemd("x"), ready: tcpOpen(1) });`,
    );
    const { code, stderr } = await hotsite(["plan"], folder.path);
    expect(code).toBe(2);
    expect(stderr).toContain("services.cache.greetng: is not a setting; allowed: port");
  });

  test("refuses names that are none, and never writes over what is there", async () => {
    await using folder = await folderWith({});
    expect(await hotsite(["recipe", "new", "My Cache"], folder.path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"My Cache" is no name of a recipe'),
    });
    await hotsite(["recipe", "new", "cache", "."], folder.path);
    expect(await hotsite(["recipe", "new", "cache", "."], folder.path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("already there, and left as it is"),
    });
  });
});

describe("hotsite recipe test", () => {
  test.each([
    ["nowhere.ts", "there is no recipe.test.ts at"],
    ["other.ts", "does not export a recipe's test by default"],
  ])("%s is refused with what to write", async (module, said) => {
    await using folder = await folderWith({ "other.ts": "export default 1;\n" });
    const { code, stderr } = await hotsite(["recipe", "test", module], folder.path);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) });
    expect(stderr).toContain("hotsite recipe new");
  });
});
