import { describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { bashCompletion } from "../../cli/completion/bash.ts";
import { fishCompletion } from "../../cli/completion/fish.ts";
import { completedPlaces } from "../../cli/completion/words.ts";
import { zshCompletion } from "../../cli/completion/zsh.ts";
import { verbs } from "../../cli/verbs.ts";
import { hotsite } from "./support.ts";

describe("completion in a real bash", () => {
  test.each<[string, readonly string[]]>([
    ["hotsite ins", ["install"]],
    ["hotsite local ", ["ls", "up", "down", "snapshot", "snapshots", "wan", "power"]],
    ["hotsite local w", ["wan"]],
    ["hotsite install --d", ["--dry-run"]],
    ["hotsite drill east --live ", ["site-power-off", "switchover"]],
    ["hotsite -c other.ts stat", ["status"]],
    ["hotsite --config wan local p", ["power"]],
    ["hotsite local wan east west --de", ["--delay"]],
    ["hotsite history last --js", ["--json"]],
    ["hotsite ssh east/web-1 -- ls -", []],
    ["hotsite logs --lines ", []],
  ])("%s", (line, expected) => {
    expect(completed(line)).toEqual(expected);
  });

  test("knows every verb", () => {
    expect(completed("hotsite ")).toEqual([...new Set(verbs.map(({ name }) => name.split(" ")[0]))]);
  });
});

test.each([
  ["zsh", zshCompletion()],
  ["fish", fishCompletion()],
])("%s is told of every verb and option", (_, script) => {
  for (const { next, options } of completedPlaces()) {
    for (const [word] of next) expect(script).toContain(word);
    for (const flag of options.flatMap(({ flags }) => flags))
      expect(script).toContain(flag.replace(/^-+/, ""));
  }
});

test("an unknown shell is refused with those that there are", async () => {
  expect(await hotsite(["completion", "bsh"])).toMatchObject({
    code: 2,
    stderr: "✖ there is no shell bsh; did you mean bash?\n  known: bash, zsh, fish\n",
  });
});

/** What bash would offer at the end of `line`. */
function completed(line: string): readonly string[] {
  const words = line.split(" ");
  const script = `${bashCompletion()}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hotsite; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", script, "bash", ...words], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n").filter((word) => word !== "");
}
