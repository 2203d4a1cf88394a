import type { StepScope } from "../core/workflow.ts";

/**
 * A workflow's context with a step's scope on top. The context may be an instance of a class: its methods still see
 * the instance as `this`, which a copy or a derived object would take from them.
 */
export function scoped<C>(context: C, scope: StepScope): C & StepScope {
  const target = context as C & object;
  return new Proxy(target, {
    get(_target, key) {
      if (Object.hasOwn(scope, key)) return scope[key as keyof StepScope];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" && !Object.hasOwn(target, key)
        ? (value.bind(target) as unknown)
        : value;
    },
    has: (_target, key) => Object.hasOwn(scope, key) || Reflect.has(target, key),
  }) as C & StepScope;
}
