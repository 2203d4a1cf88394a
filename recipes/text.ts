import { z } from "zod";
import type { Endpoint } from "../core/driver.ts";
import { HotsiteError } from "../core/errors.ts";
import { Ref, type RecipeContext } from "../core/recipe.ts";
import { Secret, type SecretSource } from "../core/secret.ts";
import { secretOf, secretSource } from "./secrets.ts";

/** An endpoint stands as `host:port`. */
type TextPart =
  string | number | boolean | SecretSource | Ref<string> | Ref<number> | Ref<Secret> | Ref<Endpoint>;

/** A text with values of other services in it; made by `text`. */
export class Template {
  readonly parts: readonly Text[];

  constructor(parts: readonly Text[]) {
    this.parts = parts;
  }
}

/** What a setting may be: a plain value, a secret, a value of another service, or a text made of them. */
export type Text = TextPart | Template;

/** A text with values of other services in it: text`${db.jdbc("shop", "shop").url}&connectTimeout=2000`. */
export function text(strings: TemplateStringsArray, ...values: readonly Text[]): Template {
  return new Template(
    strings.flatMap((string, index) => {
      if (index === values.length) return [string];
      const value = values[index];
      if (value !== undefined) return [string, value];
      throw new HotsiteError("config", `the value behind "${string}" in a text is undefined`, {
        hint: "is it spelt as the recipe calls it?",
      });
    }),
  );
}

/** A parameter that takes a `Text`. */
export const textValue: z.ZodType<Text, Text> = z.union(
  [
    z.string(),
    z.number(),
    z.boolean(),
    secretSource,
    z.custom<Ref<string>>((value) => value instanceof Ref),
    z.custom<Template>((value) => value instanceof Template),
  ],
  { error: "should be a text, a number, a secret, a value of another service, or text`…`" },
);

/** The text itself; a `Secret` when any part of it is one. */
export function resolveText(context: RecipeContext<unknown>, value: Text): string | Secret {
  if (value instanceof Template) return concat(value.parts.map((part) => resolveText(context, part)));
  if (value instanceof Ref) {
    const found = context.value<unknown>(value);
    return found instanceof Secret ? found : textOfValue(value.label, found);
  }
  return typeof value === "object" ? secretOf(context, value) : String(value);
}

const endpoint = z.object({ host: z.string(), port: z.number() });

function textOfValue(label: string, value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  const known = endpoint.safeParse(value);
  if (known.success) return `${known.data.host}:${known.data.port}`;
  throw new HotsiteError("config", `${label} is no text, no number and no endpoint`, {
    hint: "make a text of it: derive(wire, label, make)",
  });
}

/** Texts joined; a `Secret` when one of them is. */
export function concat(parts: readonly (string | Secret)[]): string | Secret {
  const joined = parts.map(reveal).join("");
  return parts.some((part) => part instanceof Secret) ? new Secret(joined) : joined;
}

/** The bare characters; what is made of them must be a `Secret` again. */
export function reveal(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}
