import { beforeAll, describe, expect, jest, test } from "@jest/globals";
import { checkPrinted } from "./printed.ts";
import { builtHotsite, hotsiteProcess } from "./process.ts";
import { shopOn } from "./shop.ts";

// Each test starts processes; a busy machine takes its time.
jest.setTimeout(120_000);
beforeAll(builtHotsite);

// Whoever runs a command in a test has its JSON held against docs/schema; this is the round through verbs that need no machine.
describe("what verbs print with --json is what their schema says", () => {
  test.each([
    [["validate"], ["plan"], ["install", "--dry-run"], ["status"], ["nodes"], ["doctor"], ["orphans"]],
    [
      ["history"],
      ["resume"],
      ["resume", "--dry-run"],
      ["abort"],
      ["scale", "web", "2", "--dry-run"],
      ["metrics"],
    ],
    [
      ["config", "show"],
      ["config", "schema"],
      ["config", "reference"],
      ["completion", "zsh"],
    ],
    [
      ["attributes", "set", "global", "proxy", "none"],
      ["attributes", "list"],
      ["uninstall", "--dry-run"],
    ],
    [
      ["init", "new"],
      ["recipe", "new", "cache"],
      ["driver", "new", "metal"],
      ["run", "web"],
      ["logs", "web"],
    ],
  ])("%j, %j, %j…", async (...verbs) => {
    await using shop = await shopOn({});
    const ended = verbs.map(async (argv) => {
      const { code, stdout } = await hotsiteProcess([...argv, "--json"], shop.path);
      return [argv.join(" "), code >= 0 && stdout !== ""];
    });
    expect((await Promise.all(ended)).filter(([, said]) => said !== true)).toEqual([]);
  });

  test("of runs, too, with the history of what was taken back", async () => {
    await using shop = await shopOn({ launch: { "web-1": "refuse" } });
    for (const argv of [
      ["install"],
      ["history"],
      ["history", "last"],
      ["plan"],
      ["orphans", "--reap", "--yes"],
      ["attributes", "set", "service:web", "colour", "green"],
      ["attributes", "get", "service:web", "colour"],
      ["attributes", "remove", "service:web", "colour"],
      ["uninstall", "--yes"],
      ["history", "last"],
    ])
      expect((await hotsiteProcess([...argv, "--json"], shop.path)).stdout).toMatch(/^\{"ok":/);
  });
});

test("a field that no schema knows is found", async () => {
  await expect(
    checkPrinted(["config", "reference", "--json"], '{"ok":true,"reference":"","extra":1}'),
  ).rejects.toThrow("docs/schema/config-reference.json");
});
