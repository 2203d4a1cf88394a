import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import { Ref, type NodeView, type ServiceView } from "../core/recipe.ts";
import type { Secret } from "../core/secret.ts";
import { walk } from "./walk.ts";

/** Every use of another service's endpoint inside a service's parameters: its dependencies. */
export function refsOf(params: unknown): readonly Ref<unknown>[] {
  const refs: Ref<unknown>[] = [];
  walk(params, (value) => {
    if (value instanceof Ref) refs.push(value);
    return value instanceof Ref || isService(value);
  });
  return refs;
}

/** A whole service where one of its endpoints belongs; what it uses itself is not used here. */
function isService(value: unknown): boolean {
  return typeof value === "object" && value !== null && "recipe" in value && "instances" in value;
}

/** A parameter that is wired to another service: `refTo<Endpoint>("an endpoint, like web.http")`. */
export function refTo<T>(what: string): z.ZodType<Ref<T>, Ref<T>> {
  return z.custom<Ref<T>>((value) => value instanceof Ref, { error: `should be ${what}` });
}

/** What an endpoint may be made from. */
export interface EndpointScope<P> {
  readonly application: string;
  /** The first node of the service in the consumer's site. */
  readonly node: NodeView;
  readonly nodes: readonly NodeView[];
  readonly params: P;
  readonly secrets: Readonly<Record<string, Secret>>;
}

/** Makes an endpoint of the service that is being defined. */
export type MakeRef<P> = <T>(label: string, resolve: (scope: EndpointScope<P>) => T) => Ref<T>;

export function refMaker<P>(service: string): MakeRef<P> {
  return (label, resolve) => {
    const name = `${service}.${label}`;
    return new Ref(service, name, (view) => resolve(scopeOf<P>(name, view)));
  };
}

/** A value made of another one's. */
export function derive<T, U>(ref: Ref<T>, label: string, make: (value: T) => U): Ref<U> {
  return new Ref(ref.service, `${ref.label}.${label}`, (view) => make(ref.resolve(view)));
}

function scopeOf<P>(label: string, { application, nodes, params, secrets }: ServiceView): EndpointScope<P> {
  const [node] = nodes;
  if (node === undefined) {
    throw new HotsiteError("no-node", `${label}: the service has no node in this site`, {
      hint: "give it at least one instance there",
    });
  }
  return { application, node, nodes, params: params as P, secrets };
}
