import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { unifiedDiff } from "../../core/unified-diff.ts";

describe("a unified diff", () => {
  test("shows a change with the lines around it, and where it is", () => {
    const before = ["1", "2", "3", "4", "5", "6", "7", "8", ""].join("\n");
    const after = before.replace("5\n", "five\n");
    expect(unifiedDiff("/etc/x", before, after).split("\n")).toEqual([
      ...["--- /etc/x (on the node)", "+++ /etc/x (wanted)", "@@ -2,7 +2,7 @@"],
      ...[" 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"],
    ]);
  });

  test("of equal texts is empty, and a new file is all plus", () => {
    expect(unifiedDiff("/x", "a\n", "a\n")).toBe("");
    expect(unifiedDiff("/x", "", "a\nb\n")).toContain("@@ -0,0 +1,2 @@\n+a\n+b");
  });

  test("holds exactly the lines of both texts where it shows all of them", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 7 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        fc.pre(before.join("\n") !== after.join("\n"));
        const body = unifiedDiff("/x", text(before), text(after)).split("\n").slice(2);
        fc.pre(body.filter((line) => line.startsWith("@@")).length === 1);
        const of = (sign: string) =>
          body.filter((line) => line.startsWith(" ") || line.startsWith(sign)).map((line) => line.slice(1));
        expect(before.join()).toContain(of("-").join());
        expect(after.join()).toContain(of("+").join());
      }),
    );
  });
});

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
