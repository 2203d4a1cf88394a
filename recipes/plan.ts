import type { z } from "zod";
import type { Command } from "../core/command.ts";
import type { LifecycleHooks, LifecycleStage, NodePlan } from "../core/recipe.ts";
import type { Part, RecipeScope, RecipeSpec } from "./spec.ts";

/** What to do on one node: the parts of a recipe put together, with the hooks of recipe and config around its stages. */
export function planOf<P extends object, I extends object, W extends z.ZodObject, E extends object>(
  spec: RecipeSpec<P, I, W, E>,
  scope: RecipeScope<P, z.output<W>>,
  configured: LifecycleHooks,
): NodePlan {
  const control = part(spec.service, scope);
  const hooks = [part(spec.hooks ?? {}, scope), configured];
  const stage = (name: LifecycleStage): readonly Command[] => {
    const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}` as Capitalize<LifecycleStage>;
    const around = (when: "before" | "after"): readonly Command[] =>
      hooks.flatMap((hook) => hook[`${when}${title}`] ?? []);
    return [...around("before"), ...control.stages[name], ...around("after")];
  };
  return {
    packages: part(spec.packages ?? [], scope),
    files: part(spec.files ?? [], scope),
    stages: {
      install: stage("install"),
      configure: stage("configure"),
      start: stage("start"),
      stop: stage("stop"),
      uninstall: stage("uninstall"),
    },
    ready: part(spec.ready, scope),
    alive: spec.alive === undefined ? control.alive : part(spec.alive, scope),
    units: control.units,
    keeps: part(spec.keeps ?? {}, scope),
    erase: part(spec.erase ?? [], scope),
  };
}

/** A part of a recipe for one node. */
export function part<P, W, T extends object>(given: Part<P, W, T>, scope: RecipeScope<P, W>): T {
  return typeof given === "function" ? given(scope) : given;
}
