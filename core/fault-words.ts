import type { z } from "zod";

const types: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  function: "a function",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a text",
};

/** What a schema's own name of a type is to people: `array` is a list. */
export function typeWord(expected: string): string {
  return types[expected] ?? expected;
}

/** `at least 1`, `more than 0`, `at most 64 characters`. */
export function boundOf(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const small = issue.code === "too_small";
  const limit = String(small ? issue.minimum : issue.maximum);
  const unit = units[issue.origin] ?? "";
  const many = unit === "" ? limit : `${limit} ${unit}${limit === "1" ? "" : "s"}`;
  if (issue.inclusive === false) return `${small ? "more" : "less"} than ${many}`;
  return `at ${small ? "least" : "most"} ${many}`;
}

const units: Readonly<Record<string, string>> = { string: "character", array: "part", set: "part" };

/** What a text should be like, where the schema says no words of its own. */
export function formatOf(issue: z.core.$ZodIssueInvalidStringFormat): string | undefined {
  if ("prefix" in issue) return `a text that begins with ${String(issue.prefix)}`;
  if (issue.format === "url") return "a URL";
  return undefined;
}
