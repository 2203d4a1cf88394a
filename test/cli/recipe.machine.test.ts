import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { builtHotsite, hotsiteProcess } from "./process.ts";
import { folderWith } from "./support.ts";

interface Report {
  readonly passed: boolean;
  readonly results: readonly { promise: string; result: string; why: readonly string[] }[];
}

test("a recipe's test tells on a machine which promises are kept, and all that a careless recipe leaves", async () => {
  await builtHotsite();
  await using folder = await folderWith({});
  await hotsiteProcess(["recipe", "new", "greeter", "."], folder.path);
  const recipe = await readFile(join(folder.path, "recipe.ts"), "utf8");
  const careless = `command("rm", "-rf", "/opt/greeter")], afterInstall: [script("useradd -r left; echo x >/opt/left; echo x >>/etc/motd")`;
  await folder.write(
    "recipe.ts",
    recipe
      .replace('command("rm", "-rf", "/opt/greeter")', careless)
      .replace("import { command", "import { script, command"),
  );
  const { code, stdout, stderr } = await hotsiteProcess(["recipe", "test", "--json"], folder.path);
  const { passed, results } = JSON.parse(stdout) as Report;
  const broken = results.filter(({ result }) => result === "broken");
  expect({ code, passed, broken }).toEqual({
    code: 1,
    passed: false,
    broken: [
      expect.objectContaining({
        promise: "removed, leaves nothing that was not there before",
        why: ["file /opt/left", "changed: file /etc/motd", "user left", "group left"],
      }),
    ],
  });
  expect(results.filter(({ result }) => result === "kept")).toHaveLength(15);
  expect(stderr).toContain("✔ killed with SIGKILL, is soon not called alive, and starts again");
}, 240_000);
