import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import type { LifecycleHooks } from "../core/recipe.ts";
import { defineRecipe, type RecipeFactory } from "./define.ts";
import { part } from "./plan.ts";
import type { Part, RecipeScope, RecipeSpec } from "./spec.ts";

const NO_PARAMS = {};

/** What another recipe has more, or instead. Parts mean the same as in `defineRecipe`. */
export interface RecipeExtension<
  P extends object,
  W extends z.ZodObject,
  S extends z.ZodRawShape,
> extends Pick<
  RecipeSpec<P, object, W, object>,
  // Instead of the base's.
  | "service"
  | "ready"
  | "alive"
  // Besides the base's; of two with one name or path, the extension's is taken.
  | "packages"
  | "files"
  | "hooks"
  | "keeps"
  | "erase"
  | "expose"
  | "secrets"
  | "commands"
  | "metrics"
> {
  /** Parameters besides the base's; one of the same name replaces it. */
  readonly params?: S;
}

/** A recipe made from another one: what `extension` says comes besides or instead of what the base does. Its hooks run after the base's. */
export function extendRecipe<
  P extends object,
  I extends object,
  E extends object,
  W extends z.ZodObject,
  S extends z.ZodRawShape = typeof NO_PARAMS,
>(
  name: string,
  base: RecipeFactory<P, I, E, W>,
  extension: Partial<RecipeExtension<P & z.output<z.ZodObject<S>>, W, S>>,
): RecipeFactory<P & z.output<z.ZodObject<S>>, I & z.input<z.ZodObject<S>>, E, W> {
  type Params = P & z.output<z.ZodObject<S>>;
  const { spec } = base;
  type Scope = RecipeScope<Params, z.output<W>>;
  const both = <T extends object>(
    own: Part<Params, z.output<W>, T> | undefined,
    inherited: Part<P, z.output<W>, T> | undefined,
    empty: T,
    join: (inherited: T, own: T) => T,
  ): ((scope: Scope) => T) => {
    return (scope) => join(part(inherited ?? empty, scope), part(own ?? empty, scope));
  };
  const more = {
    packages: both(extension.packages, spec.packages, [], (first, then) => [...new Set([...first, ...then])]),
    files: both(extension.files, spec.files, [], (first, then) => {
      const replaced = new Set(then.map(({ path }) => path));
      return [...first.filter(({ path }) => !replaced.has(path)), ...then];
    }),
    hooks: both<LifecycleHooks>(extension.hooks, spec.hooks, {}, joinHooks),
    keeps: both(extension.keeps, spec.keeps, {}, (first, then) => ({ ...first, ...then })),
    erase: both(extension.erase, spec.erase, [], (first, then) => [...first, ...then]),
    expose: (params: Params) => [
      ...new Set([...(spec.expose?.(params) ?? []), ...(extension.expose?.(params) ?? [])]),
    ],
    secrets: (params: Params) => ({ ...spec.secrets?.(params), ...extension.secrets?.(params) }),
    commands: { ...spec.commands, ...extension.commands },
    metrics: { ...spec.metrics, ...extension.metrics },
  };
  const { service, ready, alive = spec.alive } = extension;
  return defineRecipe<Params, I & z.input<z.ZodObject<S>>, W, E>(name, {
    ...spec,
    ...more,
    params: paramsWith<P, I, S>(name, spec.params, extension.params),
    service: service ?? spec.service,
    ready: ready ?? spec.ready,
    ...(alive === undefined ? {} : { alive }),
  });
}

function joinHooks(first: LifecycleHooks, then: LifecycleHooks): LifecycleHooks {
  const names = new Set([...Object.keys(first), ...Object.keys(then)]) as Set<keyof LifecycleHooks>;
  return Object.fromEntries([...names].map((key) => [key, [...(first[key] ?? []), ...(then[key] ?? [])]]));
}

function paramsWith<P extends object, I extends object, S extends z.ZodRawShape>(
  name: string,
  params: z.ZodType<P, I>,
  more: S | undefined,
): z.ZodType<P & z.output<z.ZodObject<S>>, I & z.input<z.ZodObject<S>>> {
  if (!(params instanceof z.ZodObject)) {
    throw new HotsiteError("config", `${name}: the parameters of the recipe that it extends are no object`, {
      hint: "give the base z.strictObject({ … }) as params",
    });
  }
  // That an extended object has the properties of both is what `safeExtend` does; its own type is about shapes, not about values.
  return params.safeExtend(more ?? NO_PARAMS) as unknown as ReturnType<typeof paramsWith<P, I, S>>;
}
