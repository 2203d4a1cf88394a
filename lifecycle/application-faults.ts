import { z } from "zod";
import type { Cloud } from "../core/application.ts";
import type { Endpoint } from "../core/driver.ts";
import type { Fault } from "../core/errors.ts";
import { faultsOf } from "../core/faults.ts";
import { Ref, type Service } from "../core/recipe.ts";
import { faultsCarriedBy } from "../recipes/faulty.ts";
import { refsOf } from "../recipes/refs.ts";
import type { ApplicationSpec } from "./application.ts";
import { contradictions } from "./contradictions.ts";

const label = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "use small letters, digits and dashes, a letter first, 31 at most");
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
const cloud = z.custom<Cloud>(
  (value) => isObject(value) && "open" in (value as object),
  "not a cloud; write local(), for example",
);
const service = z.custom<Service>(
  (value) => isObject(value) && "recipe" in (value as object),
  "not a service; write mysql(…), for example",
);
const ref = z.custom<Ref<Endpoint>>(
  (value) => value instanceof Ref,
  "not an endpoint of a service; write web.http, for example",
);

const specSchema = z.strictObject({
  sites: z.record(
    label,
    z.strictObject({
      role: z.enum(["primary", "standby"]),
      cloud,
      standby: z.enum(["hot", "warm"]).optional(),
      instances: z.record(z.string(), z.int().min(0)).optional(),
    }),
  ),
  services: z.array(service),
  traffic: z
    .strictObject({ balancer: service, to: ref, health: z.string().startsWith("/").optional() })
    .optional(),
  edge: z.strictObject({ cloud }).optional(),
  replication: z.strictObject({ of: service, through: z.enum(["embedded"]) }).optional(),
  protection: z
    .strictObject({
      maxLossTransactions: z.int().min(0).optional(),
      maxOutageSeconds: z.number().positive().optional(),
    })
    .optional(),
});

/** Everything that is wrong with what `application(name, spec)` was given: in each setting, in the services, and between settings that are right by themselves. */
export function applicationFaults(name: string, spec: ApplicationSpec): readonly Fault[] {
  if (!isObject(spec)) return [...nameFaults(name), ...faultsOf(specSchema, spec, "application")];
  const wrong = faultsOf(specSchema, spec, "");
  const within = (path: string, part: string): boolean => `${path}.`.startsWith(`${part}.`);
  const broken = (part: string): boolean =>
    wrong.some(({ path }) => within(path, part) || within(part, path));
  const faults = [
    ...nameFaults(name),
    ...wrong,
    ...serviceFaults(spec),
    ...contradictions(spec, (...parts) => !parts.some(broken)),
  ];
  // The same wrong use of an endpoint may stand in several places.
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}

/** What to call an application in messages, also when its name is none. */
export function titleOf(name: unknown): string {
  return typeof name === "string" ? `application "${name}"` : "application";
}

function nameFaults(name: unknown): readonly Fault[] {
  if (label.safeParse(name).success) return [];
  return [
    {
      path: "name",
      problem: "not usable as a name",
      found: typeof name === "string" ? JSON.stringify(name) : typeof name,
      allowed: "small letters, digits and dashes, a letter first",
    },
  ];
}

/** What the factories of the services found, also of those that are used without being declared. */
function serviceFaults({ services, traffic, replication }: ApplicationSpec): readonly Fault[] {
  const given: readonly unknown[] = [
    ...(Array.isArray(services) ? (services as readonly unknown[]) : []),
    traffic?.balancer,
    replication?.of,
  ];
  const sound = given.filter((one): one is Service => service.safeParse(one).success);
  const wires = [...sound.flatMap(({ params }) => refsOf(params)), traffic?.to].filter(
    (one) => one instanceof Ref,
  );
  return [...sound, ...wires].flatMap(faultsCarriedBy);
}
