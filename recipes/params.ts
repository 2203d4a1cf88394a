import { z } from "zod";
import type { Fault } from "../core/errors.ts";
import type { Instances, LifecycleHooks, Service } from "../core/recipe.ts";
import { faultsOf } from "../core/faults.ts";
import type { CommonParams } from "./spec.ts";

const serviceName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, {
  error: "should be a short name of small letters, digits and dashes",
});

const instanceNumbers = z
  .strictObject({ initial: z.int().min(0), min: z.int().min(0), max: z.int().min(1) })
  .partial()
  .transform(({ initial, min, max }) => {
    const first = initial ?? Math.max(1, min ?? 1);
    return { initial: first, min: min ?? Math.min(1, first), max: max ?? first };
  })
  .refine(({ initial, min, max }) => min <= initial && initial <= max, {
    error: "should be min ≤ initial ≤ max",
  });

const machineName = serviceName.optional();

const machineTemplate = z
  .record(z.string(), z.unknown(), { error: "should be an object of settings" })
  .optional();

const hooksFunction = z.custom<() => LifecycleHooks>((value) => typeof value === "function", {
  error: "should be a function that gives hooks",
});

/** The parameters of a service, checked, or everything that is wrong with them. */
export type ReadParams<P> =
  | {
      readonly params: P;
      readonly instances: Instances;
      readonly placing: Pick<Service, "on" | "machine">;
      readonly hooks: CommonParams<P>["hooks"];
    }
  | {
      /** What to call it all the same. */
      readonly service: string;
      readonly faults: readonly Fault[];
    };

/** Checks what a factory was called with; `recipe` names the service when its own name is no name. */
export function readParams<P>(
  service: string,
  recipe: string,
  schema: z.ZodType<P>,
  input: object & CommonParams<P>,
): ReadParams<P> {
  const name = typeof service === "string" ? service : recipe;
  const at = `services.${name}`;
  const unreadable = faultsOf(z.looseObject({}), input, at);
  const { instances = {}, on, machine, hooks, ...own } = unreadable.length > 0 ? ({} as typeof input) : input;
  const faults = [
    ...faultsOf(serviceName, service, at),
    ...(unreadable.length > 0 ? unreadable : faultsOf(schema, own, at)),
    ...faultsOf(instanceNumbers, instances, `${at}.instances`),
    ...faultsOf(machineName, on, `${at}.on`),
    ...faultsOf(machineTemplate, machine, `${at}.machine`),
    ...faultsOf(hooksFunction.optional(), hooks, `${at}.hooks`),
  ];
  if (faults.length > 0) return { service: name, faults };
  const placing = { ...(on !== undefined && { on }), ...(machine !== undefined && { machine }) };
  return { params: schema.parse(own), instances: instanceNumbers.parse(instances), placing, hooks };
}
