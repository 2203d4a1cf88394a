import { z } from "zod";
import type { Fault } from "./errors.ts";
import { boundOf, formatOf, typeWord } from "./fault-words.ts";
import { nearest } from "./nearest.ts";

/** All that is wrong with `input`, with path, what was found, what is allowed and what was probably meant; an empty list when it is right. `at` is where it stands: `services.db`. */
export function faultsOf(schema: z.ZodType, input: unknown, at: string): readonly Fault[] {
  const result = schema.safeParse(input, { reportInput: true });
  return result.success ? [] : result.error.issues.flatMap((issue) => toFaults(issue, schema, at));
}

function toFaults(issue: z.core.$ZodIssue, schema: z.ZodType, at: string): readonly Fault[] {
  const path = [at, ...issue.path.map(String)].filter((part) => part !== "").join(".");
  switch (issue.code) {
    case "unrecognized_keys": {
      const settings = settingsAt(schema, issue.path);
      return issue.keys.map((key) => ({
        path: path === "" ? key : `${path}.${key}`,
        problem: "is not a setting",
        ...(settings.length === 0 ? {} : { allowed: settings.join(", ") }),
        ...meant(key, settings),
      }));
    }
    case "invalid_type":
      return issue.input === undefined
        ? [{ path, problem: "is missing", allowed: typeWord(issue.expected) }]
        : [
            {
              path,
              problem: "has the wrong type",
              found: show(issue),
              allowed: typeWord(issue.expected),
            },
          ];
    case "too_small":
      return [{ path, problem: "is too small", found: show(issue), allowed: boundOf(issue) }];
    case "too_big":
      return [{ path, problem: "is too big", found: show(issue), allowed: boundOf(issue) }];
    case "invalid_format": {
      const allowed = formatOf(issue);
      const problem = allowed === undefined ? issue.message : "is not of the right form";
      return [{ path, problem, found: show(issue), allowed }];
    }
    case "invalid_value":
      return [
        {
          path,
          problem: issue.input === undefined ? "is missing" : "is not one of the known values",
          found: show(issue),
          allowed: issue.values.map((value) => JSON.stringify(value)).join(", "),
          ...meant(issue.input, issue.values.map(String)),
        },
      ];
    case "invalid_key":
      return issue.issues.map((inner) => ({ path, problem: inner.message }));
    case "custom": {
      // A check of our own may say which names it knows.
      const known: unknown = issue.params?.["known"];
      const names = Array.isArray(known) ? known.map(String) : undefined;
      return [
        {
          path,
          problem: issue.message,
          found: show(issue) ?? "undefined",
          ...(names && notAmong(issue.input, names)),
        },
      ];
    }
    default:
      return [{ path, problem: issue.message, found: show(issue) }];
  }
}

/** For a fault: which names there are, and the one that was probably meant. */
export function notAmong(word: unknown, names: readonly string[]): Pick<Fault, "allowed" | "remedy"> {
  return { allowed: names.join(", ") || "none is declared", ...meant(word, names) };
}

function meant(word: unknown, words: readonly string[]): { remedy?: string } {
  const near = typeof word === "string" ? nearest(word, words) : undefined;
  return near === undefined ? {} : { remedy: `did you mean ${near}?` };
}

/** Settings that may hold a password by mistake are not repeated. */
const PRIVATE = /passw|secret|token|key/i;

/** So are texts like `jdbc:mariadb://shop:pw@db/shop?password=pw`. */
const LIKE_A_LOGIN = /passw|secret|:\/\/[^/\s]*@/i;

function show({ input, path }: z.core.$ZodIssue): string | undefined {
  if (input === undefined) return undefined;
  if (typeof input === "function") return "a function";
  if (typeof input === "object") return Array.isArray(input) ? "a list" : "an object";
  if (path.some((key) => PRIVATE.test(String(key)))) return `a ${typeof input}`;
  if (typeof input === "string" && LIKE_A_LOGIN.test(input)) return "a text that may hold a password";
  return JSON.stringify(input);
}

/** The settings of the object at `path` of a schema. */
function settingsAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const inner = path.reduce<unknown>((outer, key) => childOf(unwrap(outer), key), schema);
  return Object.keys(shapeOf(unwrap(inner)));
}

function childOf(schema: unknown, key: PropertyKey): unknown {
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : shapeOf(schema)[String(key)];
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> {
  return schema instanceof z.ZodObject ? schema.shape : {};
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;
}
