import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  comparePositions,
  formatPosition,
  includesPosition,
  joinPositions,
  ofOrigin,
  parsePosition,
  subtractPosition,
  transactionsBetween,
  withGtid,
} from "../../core/position.ts";

const compare = (a: string, b: string): string => comparePositions(parsePosition(a), parsePosition(b));
const includes = (whole: string, part: string): boolean =>
  includesPosition(parsePosition(whole), parsePosition(part));
const normal = (text: string): string => formatPosition(parsePosition(text));

const one = "11111111-2222-3333-4444-555555555555";
const two = "aaaaaaaa-2222-3333-4444-555555555555";

const domains = fc
  .dictionary(
    fc.integer({ min: 0, max: 4 }).map(String),
    fc.record({ server: fc.integer({ min: 1, max: 3 }), sequence: fc.bigInt({ min: 1n, max: 9n }) }),
    { noNullPrototype: true },
  )
  .map((all) =>
    Object.entries(all)
      .map(([domain, { server, sequence }]) => `${domain}-${server}-${sequence}`)
      .join(","),
  );
/** The numbers themselves are kept beside the text: sets of them are what the text has to agree with. */
const numbers = fc
  .array(fc.tuple(fc.constantFrom(one, two, `${one}:tag`), fc.integer({ min: 1, max: 12 })), {
    maxLength: 20,
  })
  .map((list) => new Set(list.map(([origin, number]) => `${origin}:${number}`)));
const sets = numbers.map((all) => [...all].join(","));

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
    [`${one}:1-5`, `${one}:1-5`, "equal"],
    [`${one}:1-5`, `${one}:1-4:6`, "diverged"],
    [`${one}:1-5`, `${one}:1-7`, "behind"],
    [`${one}:1-5,${two}:1`, `${one}:1-5`, "ahead"],
    [`${one}:1-5`, `${one}:tag:1-5`, "diverged"],
    ["", `${one}:1`, "behind"],
    [`${one}:1-9223372036854775806`, `${one}:1-9223372036854775805`, "ahead"],
  ])("%s to %s is %s", (a, b, order) => {
    expect(compare(a, b)).toBe(order);
  });

  test("a position includes what it has passed, and not another history of the same number", () => {
    expect(includes("1-101-5,2-201-7", "1-101-3")).toBe(true);
    expect(includes("1-101-5", "1-102-5")).toBe(false);
    expect(includes("1-101-5", "2-201-1")).toBe(false);
    expect(includes("1-101-5", "")).toBe(true);
    expect(includes(`${one}:1-5:7`, `${one}:2-4:7`)).toBe(true);
    expect(includes(`${one}:1-5:7`, `${one}:6`)).toBe(false);
    expect(includes("", `${one}:6`)).toBe(false);
  });

  test.each([
    ["domains", domains],
    ["sets", sets],
  ])("of %s: comparing the other way round gives the opposite", (_, texts) => {
    const opposite: Record<string, string> = {
      behind: "ahead",
      ahead: "behind",
      equal: "equal",
      diverged: "diverged",
    };
    fc.assert(fc.property(texts, texts, (a, b) => compare(b, a) === opposite[compare(a, b)]));
  });

  test.each([
    ["domains", domains],
    ["sets", sets],
  ])("of %s: text and position are the same thing, and both together include each", (_, texts) => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const joined = formatPosition(joinPositions(parsePosition(a), parsePosition(b)));
        expect(normal(normal(a))).toBe(normal(a));
        expect([compare(normal(a), a), includes(joined, a)]).toEqual(["equal", true]);
      }),
    );
  });

  test("sets of numbers add, subtract and include as the numbers do", () => {
    const text = (all: Set<string>): string => [...all].join(",");
    const only = (all: Set<string>, keep: (gtid: string) => boolean): string =>
      normal([...all].filter(keep).join(","));
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [left, right] = [parsePosition(text(a)), parsePosition(text(b))];
        expect(formatPosition(subtractPosition(left, right))).toBe(only(a, (gtid) => !b.has(gtid)));
        expect(formatPosition(joinPositions(left, right))).toBe(only(new Set([...a, ...b]), () => true));
        expect(includesPosition(left, right)).toBe([...b].every((gtid) => a.has(gtid)));
        expect(formatPosition([...b].reduce(withGtid, left))).toBe(only(new Set([...a, ...b]), () => true));
      }),
    );
  });

  test("one more transaction of a domain moves it on", () => {
    expect(formatPosition(withGtid(parsePosition("1-101-5,2-201-7"), "1-101-6"))).toBe("1-101-6,2-201-7");
    expect(formatPosition(withGtid(parsePosition(""), "1-101-6"))).toBe("1-101-6");
  });

  test("a set is read as a server prints it, with upper case, new lines and tags behind their server", () => {
    expect(normal(`${two.toUpperCase()}:3:1-2,\n${one}:1:3-4:tag:5:Other:1-2`)).toBe(
      `${one}:1:3-4,${one}:other:1-2,${one}:tag:5,${two}:1-3`,
    );
  });

  test.each([
    ["1-101-5,uuid:7", "not a MariaDB GTID: uuid:7"],
    [`${one}:1,1-101-5`, "not a MySQL GTID: 1-101-5"],
    [`${one}:0`, `not a MySQL GTID: ${one}:0`],
    [`${one}:5-4`, `not a MySQL GTID: ${one}:5-4`],
    [`${one}:tag`, `not a MySQL GTID: ${one}:tag`],
    ["uuid:1", "not a MySQL GTID: uuid:1"],
  ])("%s is refused by name", (text, problem) => {
    expect(() => parsePosition(text)).toThrow(problem);
  });

  test("positions of two forms are not compared", () => {
    expect(() => compare("1-101-5", `${one}:1`)).toThrow(
      expect.objectContaining({ code: "mixed-positions" }),
    );
    expect(() => withGtid(parsePosition("1-101-5"), `${one}:1`)).toThrow("not a MariaDB GTID");
  });

  test("one origin's part is what a site itself has written", () => {
    expect(formatPosition(ofOrigin(parsePosition("1-101-5,2-201-7"), 2))).toBe("2-201-7");
    expect(formatPosition(ofOrigin(parsePosition("1-101-5"), 3))).toBe("");
    expect(formatPosition(ofOrigin(parsePosition(`${one}:1:app:2,${two}:4`), one))).toBe(
      `${one}:1,${one}:app:2`,
    );
  });
});

test("transactions between two positions are counted in either form", () => {
  const between = (a: string, b: string): number => transactionsBetween(parsePosition(a), parsePosition(b));
  const uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  expect(between("1-101-50,2-102-7", "1-101-48")).toBe(9);
  expect(between("1-101-48", "1-101-50")).toBe(0);
  expect(between(`${uuid}:1-10:15-20`, `${uuid}:1-8`)).toBe(8);
  expect(between(`${uuid}:1-10`, "")).toBe(10);
  expect(between("", "1-101-5")).toBe(0);
});
