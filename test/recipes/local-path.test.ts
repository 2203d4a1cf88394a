import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { tcpOpen } from "../../recipes/checks.ts";
import { defineRecipe } from "../../recipes/define.ts";
import { localPath, locate } from "../../recipes/local-path.ts";
import { systemd } from "../../recipes/systemd.ts";

const site = defineRecipe("site", {
  params: z.strictObject({ pages: localPath(), extra: z.array(localPath()).default([]) }),
  service: systemd("site"),
  ready: tcpOpen(1),
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotsite-"));
  await mkdir(join(folder, "app/inner"), { recursive: true });
  await writeFile(join(folder, "app/index.html"), "hello");
  await writeFile(join(folder, "app/inner/b.txt"), "b");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("local paths", () => {
  test("a folder is listed, sorted, relative to the config", async () => {
    const service = site("web", { pages: "./app" });
    await locate(service, folder);
    expect(service.params.pages.located).toMatchObject({
      path: join(folder, "app"),
      files: ["index.html", "inner/b.txt"],
    });
  });

  test("another content gives another hash, the same content the same", async () => {
    const hash = async (): Promise<string> => {
      const service = site("web", { pages: "app" });
      await locate(service, folder);
      return service.params.pages.located.hash;
    };
    const before = await hash();
    expect(await hash()).toBe(before);
    await writeFile(join(folder, "app/inner/b.txt"), "c");
    expect(await hash()).not.toBe(before);
  });

  test("all that is missing is told at once", async () => {
    const service = site("web", { pages: "./nothing", extra: ["./app/index.html", "./neither"] });
    await expect(locate(service, folder)).rejects.toMatchObject({
      faults: [{ path: "services.web.pages" }, { path: "services.web.extra.1" }],
    });
  });

  test("a recipe that uses a path before it is looked up says so", () => {
    expect(() => site("web", { pages: "./app" }).params.pages.located).toThrow("./app was not looked up");
  });
});
