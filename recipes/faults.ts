import type { z } from "zod";
import type { Fault } from "../core/errors.ts";

/** All that is wrong with `input`, with what was found and what is allowed; an empty list when it is right. */
export function faultsOf(schema: z.ZodType, input: unknown, at: string): readonly Fault[] {
  const result = schema.safeParse(input, { reportInput: true });
  return result.success ? [] : result.error.issues.flatMap((issue) => toFaults(issue, at));
}

function toFaults(issue: z.core.$ZodIssue, at: string): readonly Fault[] {
  const path = [at, ...issue.path.map(String)].join(".");
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({ path: `${path}.${key}`, problem: "is not a setting" }));
    case "invalid_type":
      return issue.input === undefined
        ? [{ path, problem: "is missing", allowed: issue.expected }]
        : [{ path, problem: "has the wrong type", found: show(issue), allowed: issue.expected }];
    case "invalid_value":
      return [
        { path, problem: "is not one of the known values", found: show(issue), allowed: list(issue.values) },
      ];
    case "invalid_key":
      return issue.issues.map((inner) => ({ path, problem: inner.message }));
    default:
      return [{ path, problem: issue.message, found: show(issue) }];
  }
}

/** Settings that may hold a password by mistake are not repeated. */
const PRIVATE = /passw|secret|token|key/i;

function show({ input, path }: z.core.$ZodIssue): string | undefined {
  if (input === undefined) return undefined;
  if (typeof input === "function") return "a function";
  if (typeof input === "object") return Array.isArray(input) ? "a list" : "an object";
  if (path.some((key) => PRIVATE.test(String(key)))) return `a ${typeof input}`;
  return JSON.stringify(input);
}

function list(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(", ");
}
