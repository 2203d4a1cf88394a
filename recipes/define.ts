import { z } from "zod";
import { HotsiteError, messageOf, PreflightError, type Fault } from "../core/errors.ts";
import type { LifecycleHooks, Recipe, RecipeContext, Service } from "../core/recipe.ts";
import { faultsOf } from "../core/faults.ts";
import { FAULTS, faultyService, refuseInto } from "./faulty.ts";
import { readParams } from "./params.ts";
import { planOf } from "./plan.ts";
import { refMaker } from "./refs.ts";
import { secretsOf } from "./secrets.ts";
import type { CommonParams, RecipeScope, RecipeSpec } from "./spec.ts";

/**
 * Makes a service: `mysql("db", {…})`. With wrong parameters it does not throw: `application` tells what is wrong with all services at once,
 * and planning with such a service throws `PreflightError`.
 */
export interface RecipeFactory<
  P extends object,
  I extends object,
  E extends object,
  W extends z.ZodObject = z.ZodObject,
> {
  (service: string, params: Own<I> & CommonParams<P>): Service<P> & E;
  readonly recipe: Recipe<P>;
  /** What it was made from; `extendRecipe` makes another one of it. */
  readonly spec: RecipeSpec<P, I, W, E>;
}

/** TypeScript takes an object without properties for one that may have none; the common parameters are welcome all the same. */
type Own<I> = string extends keyof I ? object : I;

/** A recipe from its declarative form. */
export function defineRecipe<
  P extends object,
  I extends object,
  W extends z.ZodObject = z.ZodObject,
  E extends object = object,
>(name: string, spec: RecipeSpec<P, I, W, E>): RecipeFactory<P, I, E, W> {
  const recipe = recipeOf(name, spec);
  const make = (service: string, input: Own<I> & CommonParams<P>): Service<P> & E => {
    const read = readParams(service, name, spec.params, input);
    if ("faults" in read)
      return faultyService<P>(read.service, recipe, input as unknown as P, read.faults) as Service<P> & E;
    const { params, instances, placing, hooks } = read;
    const faults: Fault[] = [];
    const endpoints = spec.endpoints?.(refMaker(service), params, refuseInto(faults, service)) ?? ({} as E);
    const own = { recipe: hooks === undefined ? recipe : recipeOf(name, spec, hooks), [FAULTS]: faults };
    return { ...endpoints, ...own, name: service, params, instances, ...placing };
  };
  return Object.assign(make, { recipe, spec });
}

function recipeOf<P extends object, I extends object, W extends z.ZodObject, E extends object>(
  name: string,
  spec: RecipeSpec<P, I, W, E>,
  hooks: (context: RecipeContext<P>) => LifecycleHooks = () => ({}),
): Recipe<P> {
  return {
    name,
    params: spec.params,
    secrets: (params) => ({ ...secretsOf(params), ...spec.secrets?.(params) }),
    expose: (params) => spec.expose?.(params) ?? [],
    plan: (context) => {
      try {
        return planOf(spec, scopeOf(spec, context), hooks(context));
      } catch (error) {
        throw error instanceof HotsiteError ? error : recipeFails(context.service, name, error);
      }
    },
    commands: spec.commands ?? {},
    metrics: spec.metrics ?? {},
  };
}

function scopeOf<P extends object, I extends object, W extends z.ZodObject, E extends object>(
  spec: RecipeSpec<P, I, W, E>,
  context: RecipeContext<P>,
): RecipeScope<P, z.output<W>> {
  const known = Object.keys(spec.wired?.shape ?? {});
  const given = Object.entries(context.params).filter(([key]) => known.includes(key));
  const schema = spec.wired ?? z.object({});
  const faults = faultsOf(schema, Object.fromEntries(given), `services.${context.service}`);
  if (faults.length > 0) throw new PreflightError(`the wiring of ${context.service}`, faults);
  return { ...context, wired: schema.parse(Object.fromEntries(given)) as z.output<W> };
}

/** A fault of whoever wrote the recipe, or its hooks in the config. */
function recipeFails(service: string, recipe: string, cause: unknown): HotsiteError {
  const place = cause instanceof Error ? /^\s+at (.*)$/m.exec(cause.stack ?? "")?.[1] : undefined;
  return new HotsiteError("bad-recipe", `${service}: the recipe ${recipe} fails: ${messageOf(cause)}`, {
    cause,
    ...(place !== undefined && { hint: `mend it at ${place}` }),
  });
}
