import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { quote } from "../../remote/quote.ts";
import { runIn, shells } from "./shells.ts";

const nasty = fc.constantFrom(
  "",
  "'",
  "''",
  '"',
  "\\",
  "\n",
  "\r",
  "$(id)",
  "`id`",
  "$HOME",
  "~",
  "*",
  "-n",
  "!!",
  "#",
  ";",
  "&",
  "a b",
  "=",
  "if",
  "\t",
  "é",
  "\u{1f40b}",
);
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(nasty).map((parts) => parts.join("")),
  nasty,
);
const argument = anyText.map((text) => text.replaceAll("\0", ""));

describe.each(shells)("quote, read by %s", (shell) => {
  test("any list of texts arrives as exactly these arguments", () => {
    fc.assert(
      fc.property(fc.array(argument, { minLength: 20, maxLength: 60 }), (words) => {
        const script = `show() { for word; do printf '%s\\000' "$word"; done; }\nshow ${words.map(quote).join(" ")}\n`;
        expect(runIn(shell, script).stdout.split("\0").slice(0, -1)).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });
});

test("a NUL character is refused, because it would cut the argument short", () => {
  expect(() => quote("a\0b")).toThrow(expect.objectContaining({ code: "bad-argument" }));
});
