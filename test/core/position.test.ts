import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  comparePositions,
  formatPosition,
  includesPosition,
  inDomain,
  parsePosition,
} from "../../core/position.ts";

const compare = (a: string, b: string): string => comparePositions(parsePosition(a), parsePosition(b));
const includes = (whole: string, part: string): boolean =>
  includesPosition(parsePosition(whole), parsePosition(part));

const position = fc
  .dictionary(
    fc.integer({ min: 0, max: 4 }).map(String),
    fc.record({ server: fc.integer({ min: 1, max: 3 }), sequence: fc.bigInt({ min: 1n, max: 9n }) }),
    { noNullPrototype: true },
  )
  .map((domains) => new Map(Object.entries(domains).map(([domain, last]) => [Number(domain), last])));

describe("positions", () => {
  test.each([
    ["1-101-5", "1-101-5", "equal"],
    ["1-101-4", "1-101-5", "behind"],
    ["1-101-5", "1-101-4", "ahead"],
    ["1-101-5", "1-101-5,2-201-1", "behind"],
    ["1-101-5,2-201-1", "1-101-5", "ahead"],
    ["1-101-5,2-201-1", "1-101-4,2-201-2", "diverged"],
    ["1-101-5", "1-102-5", "diverged"],
    ["", "", "equal"],
    ["", "1-101-1", "behind"],
    ["1-101-18446744073709551615", "1-101-18446744073709551614", "ahead"],
  ])("%s to %s is %s", (a, b, order) => {
    expect(compare(a, b)).toBe(order);
  });

  test("a position includes what it has passed, and not another history of the same number", () => {
    expect(includes("1-101-5,2-201-7", "1-101-3")).toBe(true);
    expect(includes("1-101-5", "1-102-5")).toBe(false);
    expect(includes("1-101-5", "2-201-1")).toBe(false);
    expect(includes("1-101-5", "")).toBe(true);
  });

  test("comparing the other way round gives the opposite", () => {
    const opposite = { behind: "ahead", ahead: "behind", equal: "equal", diverged: "diverged" };
    fc.assert(
      fc.property(position, position, (a, b) => comparePositions(b, a) === opposite[comparePositions(a, b)]),
    );
  });

  test("ahead or equal means that everything is included", () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        const includesAll = ["ahead", "equal"].includes(comparePositions(a, b));
        return !includesAll || includesPosition(a, b);
      }),
    );
  });

  test("text and position are the same thing", () => {
    fc.assert(
      fc.property(position, (a) => comparePositions(parsePosition(formatPosition(a)), a) === "equal"),
    );
  });

  test("what is not a GTID is refused by name", () => {
    expect(() => parsePosition("1-101-5,uuid:7")).toThrow("not a MariaDB GTID: uuid:7");
  });

  test("one domain's part is what a site itself has written", () => {
    expect(formatPosition(inDomain(parsePosition("1-101-5,2-201-7"), 2))).toBe("2-201-7");
    expect(formatPosition(inDomain(parsePosition("1-101-5"), 3))).toBe("");
  });
});
