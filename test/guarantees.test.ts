import { describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";

const page = readFileSync(new URL("../docs/guarantees.md", import.meta.url), "utf8");
const named = (line: string): readonly string[] =>
  [...line.matchAll(/`([\w./-]+\.ts)`/g)].map(([, path = ""]) => path);

describe("what is guaranteed", () => {
  test("names a test for each line", () => {
    const promises = page.split("\n").filter((line) => /^\| [^|-]/.test(line));
    expect(promises.length).toBeGreaterThan(30);
    const bare = promises.filter((line) => named(line).length === 0 && !line.includes("`npm run demo`"));
    expect(bare).toEqual([]);
  });

  test("names only tests that are there", () => {
    const missing = named(page).filter((path) => !existsSync(new URL(path, import.meta.url)));
    expect(missing).toEqual([]);
  });
});
