import { configSchemas, type JsonSchema } from "./config-schema.ts";

/** The page `docs/config.md`: every setting with its type, its default and what it is for. */
export function configReference(): string {
  const sections = Object.entries(configSchemas()).map(
    ([name, schema]) => `## ${name}\n\n${tableOf(rowsOf("", schema, true))}`,
  );
  const head = [
    "# The config",
    "Every setting of `hotsite.config.ts`, and of `link.ts` under `link`, `embeddedLog` and `kafkaLog`, by the function that takes it. `hotsite config schema` prints the same as a JSON Schema, `hotsite config show` what your config comes to.",
  ];
  return `${[...head, ...sections].join("\n\n")}\n`;
}

interface Row {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly text: string;
}

function rowsOf(path: string, schema: JsonSchema, required: boolean): readonly Row[] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rowsOf(path === "" ? name : `${path}.${name}`, child, schema.required?.includes(name) === true),
  );
  const rest = schema.additionalProperties;
  const each = typeof rest === "object" ? rowsOf(`${path}.<name>`, rest, true) : [];
  const parts = schema.items?.properties === undefined ? [] : rowsOf(`${path}[]`, schema.items, true);
  const ways = (schema.anyOf ?? []).filter(isDescribed).flatMap((way) => rowsOf(path, way, true));
  const below = [...inner, ...each, ...parts, ...ways];
  // An object that only holds others, and says nothing itself, needs no line.
  if (path === "" || (below.length > 0 && schema.description === undefined && required)) return below;
  return [rowOf(path, schema, required), ...below];
}

/** Of a value that may be written in several ways, an object with settings of its own. Where a file comes from is told once, in words. */
function isDescribed({ properties = {} }: JsonSchema): boolean {
  return Object.values(properties).some(({ description }) => description !== undefined);
}

function rowOf(path: string, schema: JsonSchema, required: boolean): Row {
  const fallback =
    schema.default === undefined ? (required ? "required" : "") : `\`${JSON.stringify(schema.default)}\``;
  return { path, type: typeOf(schema), fallback, text: schema.description ?? "" };
}

function typeOf(schema: JsonSchema): string {
  const { const: only, enum: values, anyOf = [], oneOf = [], items, additionalProperties } = schema;
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (values !== undefined) return values.map((value) => `\`${JSON.stringify(value)}\``).join(" or ");
  const ways = [...anyOf, ...oneOf];
  if (ways.length > 0) return [...new Set(ways.map(typeOf))].filter((word) => word !== "").join(" or ");
  if (schema.type === "array") return items === undefined ? "list" : `list of ${typeOf(items) || "values"}`;
  if (schema.type === "object") return typeof additionalProperties === "object" ? "object by name" : "object";
  return `${typeWords[schema.type ?? ""] ?? ""}${range(schema)}`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  null: "null",
};

function range({ minimum, maximum }: JsonSchema): string {
  // zod says the largest safe number where there is no bound.
  const to = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const from = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (from !== undefined && to !== undefined) return `, ${from} to ${to}`;
  if (from !== undefined) return `, from ${from}`;
  return to === undefined ? "" : `, to ${to}`;
}

function tableOf(rows: readonly Row[]): string {
  const line = ({ path, type, fallback, text }: Row): string =>
    `| \`${path}\` | ${[type, fallback, text].map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return ["| setting | type | default | |", "|---|---|---|---|", ...rows.map(line)].join("\n");
}
