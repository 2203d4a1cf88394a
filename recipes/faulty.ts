import { PreflightError, type Fault } from "../core/errors.ts";
import { Ref, type Recipe, type Service } from "../core/recipe.ts";

/** Travels with services and endpoints, so that the application can tell all faults of a config at once. */
export const FAULTS = Symbol("faults");

/** Remembers why an endpoint cannot be made, and gives one whose value cannot be had, so that reading the config goes on. Paths of the faults start at the endpoint. */
export type Refuse = (label: string, faults: readonly Fault[]) => Ref<never>;

/** What the factory of a service found wrong with it or with a use of its endpoints, or with this endpoint. */
export function faultsCarriedBy(value: Service | Ref<unknown>): readonly Fault[] {
  return (value as { readonly [FAULTS]?: readonly Fault[] })[FAULTS] ?? [];
}

/** A service whose parameters are wrong. The rest of the config can go on using it, with endpoints of any name; planning with it throws `PreflightError`. */
export function faultyService<P>(
  name: string,
  recipe: Recipe<P>,
  params: P,
  faults: readonly Fault[],
): Service<P> {
  const fail = failWith(`services.${name}`, faults);
  const service = {
    name,
    recipe: { ...recipe, secrets: fail, expose: fail, plan: fail },
    params,
    instances: { initial: 1, min: 1, max: 1 },
    on: undefined,
    machine: undefined,
    [FAULTS]: faults,
  };
  return new Proxy(service, {
    get: (target, key): unknown =>
      isOwn(target, key) ? Reflect.get(target, key) : standIn(name, `${name}.${String(key)}`, faults),
  });
}

/** Keeps the faults of a service's endpoints in `kept`. */
export function refuseInto(kept: Fault[], service: string): Refuse {
  return (label, faults) => {
    const placed = faults.map((fault) => ({ ...fault, path: `services.${service}.${label}.${fault.path}` }));
    kept.push(...placed);
    return faultyRef(service, `${service}.${label}`, placed);
  };
}

/** An endpoint whose value cannot be had. */
function faultyRef(service: string, label: string, faults: readonly Fault[]): Ref<never> {
  return Object.assign(new Ref<never>(service, label, failWith(label, faults)), { [FAULTS]: faults });
}

/** Any endpoint of a faulty service: it can be called, asked for its parts and wired. */
function standIn(service: string, label: string, faults: readonly Fault[]): Ref<never> {
  const target = Object.assign(() => undefined, faultyRef(service, label, faults));
  return new Proxy(target, {
    get: (_, key): unknown =>
      isOwn(target, key) ? Reflect.get(target, key) : standIn(service, `${label}.${String(key)}`, faults),
    apply: () => standIn(service, `${label}(…)`, faults),
    // It is a `Ref` to whoever asks.
    getPrototypeOf: () => Ref.prototype,
  });
}

/** Whether the language or we ourselves gave it this member. An `await` asks for `then`. */
function isOwn(target: object, key: string | symbol): boolean {
  return key in target || typeof key === "symbol" || key === "then";
}

function failWith(subject: string, faults: readonly Fault[]): () => never {
  return () => {
    throw new PreflightError(subject, faults);
  };
}
