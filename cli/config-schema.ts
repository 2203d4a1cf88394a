import { z } from "zod";
import { poolSchema, templateSchema as byonTemplate } from "../drivers/byon/options.ts";
import { schema as ec2Template } from "../drivers/ec2/template.ts";
import { schema as localTemplate } from "../drivers/local/template.ts";
import * as api from "../hotsite.ts";
import { applicationSpec } from "../lifecycle/application-faults.ts";
import { priceSchema } from "../lifecycle/price.ts";
import { mysqlParams } from "../recipes/mysql/params.ts";
import { embeddedLogOptions, kafkaLogOptions, linkSpec } from "../replication/standalone/spec.ts";

/** A JSON Schema, as far as we read it ourselves. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

const priced = { price: priceSchema.optional().describe("for the estimate of `hotsite plan`") };

/** Everything that a config can say, by the function that takes it: `application`, `mysql`, `local`… */
export function configSchemas(): Readonly<Record<string, JsonSchema>> {
  const schemas = {
    application: applicationSpec,
    mysql: mysqlParams,
    ...Object.fromEntries(Object.entries(api).flatMap(([name, value]) => recipeEntry(name, value))),
    local: localTemplate.extend(priced),
    byon: poolSchema.extend(byonTemplate.shape).extend(priced),
    ec2: ec2Template.extend(priced),
    link: linkSpec,
    embeddedLog: embeddedLogOptions,
    kafkaLog: kafkaLogOptions,
  };
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, jsonSchemaOf(schema)]));
}

/** One document for editors and scripts. */
export function configSchema(): Readonly<Record<string, unknown>> {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "hotsite.config.ts",
    description: "What each function of a config takes; the config itself is the value of application().",
    $ref: "#/$defs/application",
    $defs: configSchemas(),
  };
}

function recipeEntry(name: string, value: unknown): readonly (readonly [string, z.ZodType])[] {
  const recipe = typeof value === "function" && "recipe" in value ? value.recipe : undefined;
  if (typeof recipe !== "object" || recipe === null || !("params" in recipe)) return [];
  return recipe.params instanceof z.ZodType ? [[name, recipe.params]] : [];
}

/** As it is written, before defaults; what only TypeScript can say (a service, a cloud) is described in words. */
function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest as JsonSchema;
}
