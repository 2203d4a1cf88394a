import { z } from "zod";
import type { Fault } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** A value that a schema refused, and where it stands: `services.db`. */
export interface Refused {
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly prefix: string;
}

/** What zod found wrong, as faults with path, what was found, what is allowed and what was probably meant. */
export function faultsOf(error: z.ZodError, refused: Refused): readonly Fault[] {
  return error.issues.flatMap((issue) => faultsOfIssue(issue, refused));
}

function faultsOfIssue(issue: z.core.$ZodIssue, { schema, value, prefix }: Refused): readonly Fault[] {
  const path = [prefix, ...issue.path.map(String)].filter((part) => part !== "").join(".");
  const given = at(value, issue.path);
  const found = show(given);
  switch (issue.code) {
    case "unrecognized_keys": {
      const allowed = settingsAt(schema, issue.path);
      const one = (key: string): Fault => ({
        path: `${path}.${key}`,
        problem: "there is no such setting",
        ...meant(key, allowed),
      });
      return issue.keys.map(one);
    }
    case "invalid_value": {
      const problem = "not an allowed value";
      return [{ path, problem, found, ...meant(given, issue.values.map(String)) }];
    }
    case "invalid_type":
      return [
        {
          path,
          problem: given === undefined ? "missing" : "not of the right kind",
          found,
          allowed: issue.expected,
        },
      ];
    default:
      return [{ path, problem: issue.message, found }];
  }
}

/** The settings of the object at `path` of a schema. */
function settingsAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let inner: unknown = schema;
  for (const key of path)
    inner = unwrap(inner) instanceof z.ZodObject ? shapeOf(inner)[String(key)] : elementOf(inner);
  return Object.keys(shapeOf(inner));
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> {
  const object = unwrap(schema);
  return object instanceof z.ZodObject ? (object.shape as Readonly<Record<string, unknown>>) : {};
}

function elementOf(schema: unknown): unknown {
  const list = unwrap(schema);
  if (list instanceof z.ZodRecord) return list.valueType;
  return list instanceof z.ZodArray ? list.element : undefined;
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;
}

function meant(word: unknown, allowed: readonly string[]): { allowed?: string; remedy?: string } {
  const near = typeof word === "string" ? nearest(word, allowed) : undefined;
  const known = allowed.length === 0 ? {} : { allowed: allowed.join(", ") };
  return near === undefined ? known : { ...known, remedy: `did you mean ${near}?` };
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

function show(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "function" || (typeof value === "object" && value !== null && !Array.isArray(value)))
    return "an object";
  return JSON.stringify(value).slice(0, 60);
}
