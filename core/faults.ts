import { z } from "zod";
import type { Fault } from "./errors.ts";
import { meantValue, schemaAt, settingsOf, shapeWord, waysOf } from "./fault-schema.ts";
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
      const settings = settingsOf(schemaAt(schema, issue.path), issue.input);
      return issue.keys.map((key) => ({
        path: path === "" ? key : `${path}.${key}`,
        problem: "is not a setting",
        ...(settings.length === 0 ? {} : { allowed: settings.join(", ") }),
        ...meant(key, settings),
      }));
    }
    case "invalid_type":
      return [wrongType(issue, schemaAt(schema, issue.path), path)];
    case "invalid_union":
      return unionFaults(issue, schemaAt(schema, issue.path), path);
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

function wrongType(issue: z.core.$ZodIssueInvalidType, schema: z.ZodType | undefined, path: string): Fault {
  const word = schema === undefined || issue.expected === "int" ? "" : shapeWord(schema);
  const allowed = word === "" ? typeWord(issue.expected) : word;
  if (issue.input === undefined) return { path, problem: "is missing", allowed };
  const facts = { path, found: show(issue), ...meantAs(issue, schema) };
  if (!issue.message.startsWith(noWords)) return { ...facts, problem: issue.message };
  return { ...facts, problem: "has the wrong type", allowed };
}

/** So begins what zod says where a schema has no words of its own. */
const noWords = "Invalid input";

function unionFaults(
  issue: z.core.$ZodIssueInvalidUnion,
  schema: z.ZodType | undefined,
  path: string,
): readonly Fault[] {
  const { discriminator, input } = issue;
  if (discriminator !== undefined) return [unknownKind(issue, path)];
  const taken = schema && wayTaken(issue, schema, path);
  if (taken !== undefined) return taken;
  const found = show(issue);
  if (issue.message !== noWords || schema === undefined)
    return [{ path, problem: issue.message, found, ...meantAs(issue, schema) }];
  const allowed = shapeWord(schema);
  if (input === undefined) return [{ path, problem: "is missing", allowed }];
  return [{ path, problem: "has the wrong type", found, allowed, ...meantAs(issue, schema) }];
}

/** Of several kinds of objects: none is called so. */
function unknownKind(
  { discriminator = "", input, ...issue }: z.core.$ZodIssueInvalidUnion,
  path: string,
): Fault {
  const kinds = "options" in issue ? (issue.options ?? []).map(String) : [];
  const kind: unknown =
    typeof input === "object" && input !== null ? Reflect.get(input, discriminator) : undefined;
  const known = { allowed: kinds.map((one) => JSON.stringify(one)).join(", "), ...meant(kind, kinds) };
  if (kind === undefined) return { path, problem: "is missing", ...known };
  const found = show({ ...issue, path: issue.path, input: kind });
  return { path, problem: "is not one of the known values", found, ...known };
}

/** Of an object that may be written in several ways, what is wrong with the way that was taken, where that is clear: it says more than which ways there are. */
function wayTaken(
  { errors, input }: z.core.$ZodIssueInvalidUnion,
  schema: z.ZodType,
  path: string,
): readonly Fault[] | undefined {
  if (typeof input !== "object" || input === null) return undefined;
  const many = Object.keys(input).length;
  const [best, second] = waysOf(schema)
    .map((way, place) => ({ way, issues: errors[place] ?? [] }))
    .filter(({ way, issues }) => issues.length > 0 && 2 * strangersAmong(issues, way) < many)
    .map(({ way, issues }) => issues.flatMap((issue) => toFaults(issue, way, path)))
    .sort((one, other) => one.length - other.length);
  return best === undefined || best.length === second?.length ? undefined : best;
}

/** How many keys are no settings of this way and like none of them. What is wrong with the whole rules the way out. */
function strangersAmong(issues: readonly z.core.$ZodIssue[], way: z.ZodType): number {
  const ofWhole = issues.filter(({ path }) => path.length === 0);
  const keys = ofWhole.map((issue) => (issue.code === "unrecognized_keys" ? issue.keys : undefined));
  if (keys.includes(undefined)) return Infinity;
  return keys.flatMap((names) => names ?? []).filter((key) => nearest(key, settingsOf(way)) === undefined)
    .length;
}

function meantAs({ input, path }: z.core.$ZodIssue, schema: z.ZodType | undefined): { remedy?: string } {
  const value = schema === undefined || isPrivate(path, input) ? undefined : meantValue(schema, input);
  return value === undefined ? {} : { remedy: `did you mean ${JSON.stringify(value)}?` };
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
  if (input === null) return "null";
  if (typeof input === "object") return Array.isArray(input) ? "a list" : "an object";
  if (isNamedPrivate(path)) return `a ${typeof input}`;
  switch (typeof input) {
    case "string":
      return LIKE_A_LOGIN.test(input) ? "a text that may hold a password" : JSON.stringify(input);
    case "bigint":
      return `${input}n`;
    case "number":
    case "boolean":
      return String(input);
    default:
      return `a ${typeof input}`;
  }
}

function isNamedPrivate(path: readonly PropertyKey[]): boolean {
  return path.some((key) => PRIVATE.test(String(key)));
}

function isPrivate(path: readonly PropertyKey[], input: unknown): boolean {
  return isNamedPrivate(path) || (typeof input === "string" && LIKE_A_LOGIN.test(input));
}
