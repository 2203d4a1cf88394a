import { describe, expect, test } from "@jest/globals";
import { likeShown, missingLine, shownCommands } from "./shown-commands.ts";

describe("the commands that a page shows", () => {
  test("are those behind a prompt, each with the lines below it", () => {
    const page =
      "# T\n```\nnpm pack\n```\ntext\n```\n$ hotsite status   # soon\na  1\n…\n\n$ hotsite nodes\n```\n";
    expect(shownCommands(page)).toEqual([
      { line: "hotsite status", shown: ["a  1"] },
      { line: "hotsite nodes", shown: [] },
    ]);
  });

  test.each([
    ["petclinic is installed · 1m 55s", "petclinic is installed · 48.2s"],
    ["east  primary  1-101-74,1002-201-20  0 tx · 0.2s", "  east   primary  1-101-4  12 tx · 1.5s"],
    ["verdict: primary-down (edge: …)", "verdict: primary-down (edge: database silent)"],
    ["report: …/drills/2026-11-21T13-07-57.html", "report: /a/drills/2027-01-02T03-04-05.html"],
  ])("%s is like %s", (shown, said) => {
    expect(said).toMatch(likeShown(shown));
  });

  test.each([
    ["west  standby  read-only", "west  standby  writable"],
    ["lost 0 of 100 allowed", "lost some of 100 allowed"],
    ["PASSED  outage 15.2 s", "FAILED  outage 15.2 s"],
  ])("%s is not like %s", (shown, said) => {
    expect(said).not.toMatch(likeShown(shown));
  });

  test("may show that something takes no time", () => {
    expect("lag 14.3s").toMatch(likeShown("lag 0.0s"));
    expect("lag 14.3s").not.toMatch(likeShown("lag 0.0s", { calm: true }));
    expect("0 tx  10.3s").not.toMatch(likeShown("0.0s", { calm: true }));
    expect("lag 0.4s").toMatch(likeShown("lag 0.0s", { calm: true }));
  });

  test("are told apart from their output in order", () => {
    expect(missingLine("a\nx\nb\n", ["a", "b"])).toBeUndefined();
    expect(missingLine("b\na\n", ["a", "b"])).toBe("b");
  });
});
