import { z } from "zod";
import { typeWord } from "./fault-words.ts";

/** The part of a schema that is about the value at a path; undefined where it says nothing of it. */
export function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((outer, key) => outer && childOf(bare(outer), key), bare(schema));
}

/** The settings of an object, or of those of several kinds of objects that `input` may be; none for anything else. */
export function settingsOf(schema: z.ZodType | undefined, input?: unknown): readonly string[] {
  const inner = schema && bare(schema);
  if (inner instanceof z.ZodObject) return Object.keys(inner.shape);
  if (inner === undefined || input === undefined) return [];
  const kinds = waysOf(inner).filter((way) => isOfKind(way, input));
  return [...new Set(kinds.flatMap((way) => settingsOf(way)))];
}

/** What a value should be, in few words: `{ initial, min, max }`, `a list`, `true or false or { password }`. */
export function shapeWord(schema: z.ZodType): string {
  const inner = bare(schema);
  const ways = waysOf(inner);
  if (ways.length > 0) return [...new Set(ways.map(shapeWord))].filter((word) => word !== "").join(" or ");
  if (inner instanceof z.ZodLiteral || inner instanceof z.ZodEnum)
    return choicesOf(inner)
      .map((value) => JSON.stringify(value))
      .join(" or ");
  const settings = settingsOf(inner);
  if (settings.length > 0) return `{ ${settings.join(", ")} }`;
  if (inner instanceof z.ZodRecord && inner.valueType instanceof z.ZodType) {
    const each = shapeWord(inner.valueType);
    return `{ <name>: ${each === "" ? "…" : each} }`;
  }
  // What is only a check of our own says nothing of its type.
  return inner instanceof z.ZodCustom || inner instanceof z.ZodUnknown ? "" : typeWord(inner.type);
}

/** The same value as somebody may have meant it: without its quotes, between quotes, or as a list of one. */
export function meantValue(
  schema: z.ZodType,
  input: unknown,
): string | number | boolean | object | undefined {
  const others = (): readonly (string | number | boolean | object)[] => {
    if (typeof input === "number" || typeof input === "boolean") return [String(input), [input]];
    if (typeof input !== "string" || input.trim() === "") return [];
    const unquoted = input === "true" || input === "false" ? input === "true" : Number(input);
    return [unquoted, [input]];
  };
  return others().find((other) => schema.safeParse(other).success);
}

/** The options of a union; none of anything else. */
export function waysOf(schema: z.ZodType): readonly z.ZodType[] {
  const inner = bare(schema);
  if (!(inner instanceof z.ZodUnion)) return [];
  return inner.options.filter((option): option is z.ZodType => option instanceof z.ZodType);
}

/** Whether the settings that say what kind of object it is fit. */
function isOfKind(way: z.ZodType, input: unknown): boolean {
  const inner = bare(way);
  if (!(inner instanceof z.ZodObject) || typeof input !== "object" || input === null) return false;
  return Object.entries(inner.shape).every(
    ([key, child]) => !(child instanceof z.ZodLiteral) || child.safeParse(Reflect.get(input, key)).success,
  );
}

/** Without what says only when a value may be missing, or what becomes of it. */
function bare(schema: z.ZodType): z.ZodType {
  const inner = innerOf(schema);
  return inner instanceof z.ZodType ? bare(inner) : schema;
}

function innerOf(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodPipe) return schema.in;
  const wrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable;
  return wrapped ? schema.unwrap() : undefined;
}

function childOf(schema: z.ZodType, key: PropertyKey): z.ZodType | undefined {
  const ofWay = waysOf(schema).map((way) => childOf(bare(way), key));
  const child = memberOf(schema, key) ?? ofWay.find((one) => one !== undefined);
  return child instanceof z.ZodType ? child : undefined;
}

function memberOf(schema: z.ZodType, key: PropertyKey): unknown {
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodObject ? schema.shape[String(key)] : undefined;
}

function choicesOf(schema: z.ZodLiteral | z.ZodEnum): readonly unknown[] {
  return schema instanceof z.ZodEnum ? schema.options : [...schema.values];
}
