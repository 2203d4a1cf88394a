import type { z } from "zod";
import type { Command } from "../core/command.ts";
import { PreflightError } from "../core/errors.ts";
import { faultsOf } from "../core/faults.ts";
import type { LifecycleHooks, LifecycleStage, NodePlan } from "../core/recipe.ts";
import { planParts } from "./plan-shape.ts";
import type { Part, RecipeScope, RecipeSpec } from "./spec.ts";

/**
 * What to do on one node: the parts of a recipe put together, with the hooks of recipe and config around its stages. Throws `PreflightError`
 * with all parts that are not what they should be.
 */
export function planOf<P extends object, I extends object, W extends z.ZodObject, E extends object>(
  spec: RecipeSpec<P, I, W, E>,
  scope: RecipeScope<P, z.output<W>>,
  configured: LifecycleHooks,
): NodePlan {
  const parts = {
    packages: part(spec.packages ?? [], scope),
    files: part(spec.files ?? [], scope),
    service: part(spec.service, scope),
    hooks: [part(spec.hooks ?? {}, scope), configured],
    ready: part(spec.ready, scope),
    ...(spec.alive !== undefined && { alive: part(spec.alive, scope) }),
    keeps: part(spec.keeps ?? {}, scope),
    erase: part(spec.erase ?? [], scope),
  };
  const faults = faultsOf(planParts, parts, `services.${scope.service}`);
  if (faults.length > 0) throw new PreflightError(`what the recipe of ${scope.service} says`, faults);
  const { service: control, hooks, alive = control.alive, ...rest } = parts;
  const stage = (name: LifecycleStage): readonly Command[] => {
    const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}` as Capitalize<LifecycleStage>;
    const around = (when: "before" | "after"): readonly Command[] =>
      hooks.flatMap((hook) => hook[`${when}${title}`] ?? []);
    return [...around("before"), ...control.stages[name], ...around("after")];
  };
  return {
    ...rest,
    stages: {
      install: stage("install"),
      configure: stage("configure"),
      start: stage("start"),
      stop: stage("stop"),
      uninstall: stage("uninstall"),
    },
    alive,
    units: control.units,
  };
}

/** A part of a recipe for one node. */
export function part<P, W, T extends object>(given: Part<P, W, T>, scope: RecipeScope<P, W>): T {
  return typeof given === "function" ? given(scope) : given;
}
