import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { packed } from "../../recipes/app/packed.ts";
import { LocalPath, type Located } from "../../recipes/local-path.ts";

let folder: string;
const cacheBefore = process.env["XDG_CACHE_HOME"];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotsite-packed-"));
  process.env["XDG_CACHE_HOME"] = join(folder, "cache");
  await mkdir(join(folder, "shop/node_modules/.bin"), { recursive: true });
  await writeFile(join(folder, "shop/server.js"), "listen()");
  await writeFile(join(folder, "shop/node_modules/tool.js"), "#!/usr/bin/env node", { mode: 0o755 });
  await symlink("../tool.js", join(folder, "shop/node_modules/.bin/tool"));
});

afterEach(async () => {
  if (cacheBefore === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = cacheBefore;
  await rm(folder, { recursive: true, force: true });
});

async function locatedNow(): Promise<Located> {
  const path = packed(new LocalPath("./shop"));
  await path.locate(folder);
  return path.located;
}

async function listed(archive: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)("tar", ["-tvzf", archive]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.replace(/^(\S+) .*:\d\d /, "$1 "));
}

describe("a folder that is sent as an archive", () => {
  test("keeps its links and what may be run", async () => {
    const { path, files } = await locatedNow();
    expect(path).toMatch(/\/shop\.tar\.gz$/);
    expect(files).toBeUndefined();
    expect(await listed(path)).toEqual([
      expect.stringMatching(/^lrwxrwxrwx node_modules\/\.bin\/tool -> \.\.\/tool\.js$/),
      "-rwxr-xr-x node_modules/tool.js",
      "-rw-r--r-- server.js",
    ]);
  });

  test("leaves out the history and the state folder that lie in it", async () => {
    const before = await locatedNow();
    await mkdir(join(folder, "shop/.hotsite"));
    await writeFile(join(folder, "shop/.hotsite/secret"), "x");
    await mkdir(join(folder, "shop/.git"));
    await writeFile(join(folder, "shop/.git/HEAD"), "x");
    expect(await locatedNow()).toEqual(before);
  });

  test("is another one when a file, a link or a mode is another one, not when a file is as it was", async () => {
    const seen = [await locatedNow()];
    await writeFile(join(folder, "shop/server.js"), "listen()");
    expect(await locatedNow()).toEqual(seen[0]);
    await chmod(join(folder, "shop/server.js"), 0o755);
    seen.push(await locatedNow());
    await writeFile(join(folder, "shop/server.js"), "listen(80)");
    seen.push(await locatedNow());
    await symlink("server.js", join(folder, "shop/main.js"));
    seen.push(await locatedNow());
    expect(new Set(seen.map(({ hash }) => hash)).size).toBe(4);
  });

  test("is refused with a link out of it, which would lead to nothing on a node", async () => {
    await mkdir(join(folder, "shared"));
    await symlink("../../shared", join(folder, "shop/node_modules/shared"));
    await expect(locatedNow()).rejects.toMatchObject({
      code: "link-outside",
      message: expect.stringContaining("node_modules/shared is a link out of the folder, to ../../shared"),
    });
  });
});
