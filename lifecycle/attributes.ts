import { z } from "zod";
import type { Application } from "../core/application.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Attributes, NodeView } from "../core/recipe.ts";
import type { Store } from "../core/store.ts";

/** Whose attribute it is. A state folder may hold several applications: `global` is what they share. */
export type AttributeScope =
  | { readonly level: "global" }
  | { readonly level: "application" }
  | { readonly level: "service"; readonly service: string }
  | { readonly level: "instance"; readonly site: string; readonly name: string; readonly service: string };

/** One attribute as it is kept. */
export interface Attribute {
  readonly scope: AttributeScope;
  readonly key: string;
  readonly value: string;
}

/** Where attributes are kept: any world has both. */
export interface AttributesPlace {
  readonly store: Store;
  readonly application: Pick<Application, "name">;
}

const kept = z.strictObject({
  scope: z.discriminatedUnion("level", [
    z.strictObject({ level: z.literal("global") }),
    z.strictObject({ level: z.literal("application") }),
    z.strictObject({ level: z.literal("service"), service: z.string() }),
    z.strictObject({
      level: z.literal("instance"),
      site: z.string(),
      name: z.string(),
      service: z.string(),
    }),
  ]),
  key: z.string(),
  value: z.string(),
});

/** Room for a name or an address, not for a file. */
const longestValue = 10_000;

/** Every attribute that the application can see, those of `global` first. */
export async function readAttributes({ store, application }: AttributesPlace): Promise<readonly Attribute[]> {
  const found = [
    ...(await store.list(globalPrefix)),
    ...(await store.list(applicationPrefix(application.name))),
  ];
  return found.map(({ value }) => kept.parse(value));
}

/** Keeps an attribute; the last writer wins. Throws `HotsiteError` "usage" for what is no name or too long. */
export async function setAttribute(place: AttributesPlace, attribute: Attribute): Promise<void> {
  if (!/^[A-Za-z][\w.-]{0,99}$/.test(attribute.key)) {
    throw new HotsiteError("usage", `"${attribute.key}" is no name of an attribute`, {
      hint: "a letter, then up to 99 letters, digits, dots, dashes or underscores",
    });
  }
  if (attribute.value.length > longestValue) {
    throw new HotsiteError("usage", `an attribute has at most ${longestValue} characters`, {
      hint: "keep it in a file beside the config, and give its path to the recipe",
    });
  }
  await place.store.put(keyOf(place, attribute), attribute);
}

/** Gives whether it was there. */
export async function removeAttribute(
  place: AttributesPlace,
  attribute: Pick<Attribute, "scope" | "key">,
): Promise<boolean> {
  const key = keyOf(place, attribute);
  const known = await place.store.get(key);
  await place.store.delete(key);
  return known !== undefined;
}

/** Removes what an application has, or what the instances on one of its nodes have; never what applications share. Repeatable. */
export async function forgetAttributes(
  { store, application }: AttributesPlace,
  node?: { readonly site: string; readonly name: string },
): Promise<void> {
  const prefix = applicationPrefix(application.name);
  const found = await store.list(node === undefined ? prefix : `${prefix}${nodePrefix(node)}`);
  for (const { key } of found) await store.delete(key);
}

/** What a recipe sees of them when it plans `planned`. */
export function attributesFor(all: readonly Attribute[], planned: NodeView): Attributes {
  const pick = (wanted: (scope: AttributeScope) => boolean): Readonly<Record<string, string>> =>
    Object.fromEntries(all.filter(({ scope }) => wanted(scope)).map(({ key, value }) => [key, value]));
  return {
    global: pick(({ level }) => level === "global"),
    application: pick(({ level }) => level === "application"),
    service: (name = planned.service) => pick((scope) => scope.level === "service" && scope.service === name),
    instance: ({ site, name, service } = planned) =>
      pick(
        (scope) =>
          scope.level === "instance" &&
          scope.site === site &&
          scope.name === name &&
          scope.service === service,
      ),
  };
}

const globalPrefix = "attributes/global/";

function applicationPrefix(application: string): string {
  return `attributes/of/${application}/`;
}

function nodePrefix({ site, name }: { readonly site: string; readonly name: string }): string {
  return `instance/${site}/${name}/`;
}

function keyOf({ application }: AttributesPlace, { scope, key }: Pick<Attribute, "scope" | "key">): string {
  const prefix = applicationPrefix(application.name);
  switch (scope.level) {
    case "global":
      return `${globalPrefix}${key}`;
    case "application":
      return `${prefix}application/${key}`;
    case "service":
      return `${prefix}service/${scope.service}/${key}`;
    case "instance":
      return `${prefix}${nodePrefix(scope)}${scope.service}/${key}`;
  }
}
