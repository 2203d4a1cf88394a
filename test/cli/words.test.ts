import { describe, expect, test } from "@jest/globals";
import { nearest, suggestion } from "../../core/nearest.ts";
import { table } from "../../cli/table.ts";
import { readChoice } from "../../cli/choose.ts";
import { placeOf } from "../../cli/verbs/cp.ts";
import { ago, duration } from "../../cli/time.ts";
import { kilobits, milliseconds, percent, positiveInteger } from "../../cli/units.ts";

describe("nearest", () => {
  test.each([
    ["primry", "primary"],
    ["stanbdy", "standby"],
    ["Primary", "primary"],
    ["est", "east"],
  ])("%s is probably %s", (word, meant) => {
    expect(nearest(word, ["primary", "standby", "east", "west"])).toBe(meant);
  });

  test("a word that is like none of them is not guessed", () => {
    expect(nearest("rackspace", ["primary", "standby"])).toBeUndefined();
    expect(suggestion("rackspace", ["primary"])).toBe("");
  });
});

describe("table", () => {
  test("columns are as wide as they need and lines end without blanks", () => {
    expect(
      table(
        ["SITE", "ROLE"],
        [
          ["east", "primary"],
          ["far-west", ""],
        ],
      ),
    ).toBe("SITE      ROLE\neast      primary\nfar-west  –");
  });
});

describe("times", () => {
  test.each([
    [940, "0.9s"],
    [59_940, "59.9s"],
    [59_960, "1m 0s"],
    [112_000, "1m 52s"],
    [7_500_000, "2h 5m"],
  ])("%d ms read %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test("the past is told in the largest fitting unit", () => {
    const minute = 60_000;
    expect(ago(0, minute - 1)).toBe("just now");
    expect(ago(0, minute)).toBe("1 minute ago");
    expect(ago(0, 47 * 60 * minute)).toBe("47 hours ago");
    expect(ago(0, 12 * 24 * 60 * minute)).toBe("12 days ago");
  });
});

describe("units", () => {
  test("numbers need their unit", () => {
    expect(milliseconds("40ms")).toBe(40);
    expect(milliseconds("1.5s")).toBe(1500);
    expect(percent("0.5%")).toBe(0.5);
    expect(kilobits("10mbit")).toBe(10_000);
    expect(positiveInteger("50")).toBe(50);
  });

  test.each([
    [milliseconds, "40"],
    [milliseconds, "-1ms"],
    [percent, "101%"],
    [percent, "%"],
    [kilobits, "10"],
    [positiveInteger, "0"],
    [positiveInteger, "1e3"],
  ])("%p refuses %s", (parse, text) => {
    expect(() => parse(text)).toThrow(text === "101%" ? "at most 100%" : `found "${text}"`);
  });
});

describe("an answer to a question with choices", () => {
  test.each([
    ["", "two-sites"],
    ["2", "single"],
    [" Single ", "single"],
    ["two-site", "two-sites"],
    ["3", undefined],
    ["0", undefined],
    ["rackspace", undefined],
  ])("%p means %p", (answer, meant) => {
    expect(readChoice(answer, ["two-sites", "single"])).toBe(meant);
  });
});

describe("the ends of a copy", () => {
  test.each([
    ["east/web-1:/etc/hosts", { node: "east/web-1", path: "/etc/hosts" }],
    ["east/web-1:", { node: "east/web-1", path: "" }],
    ["./east/web-1:/etc/hosts", { path: "./east/web-1:/etc/hosts" }],
    ["/tmp/a:b", { path: "/tmp/a:b" }],
  ])("%s", (text, place) => {
    expect(placeOf(text)).toEqual(place);
  });
});
