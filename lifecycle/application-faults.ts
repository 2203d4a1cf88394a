import { z } from "zod";
import type { Cloud, LogService } from "../core/application.ts";
import type { Endpoint } from "../core/driver.ts";
import type { Fault } from "../core/errors.ts";
import { faultsOf } from "../core/faults.ts";
import { Ref, type Service } from "../core/recipe.ts";
import { megabytes } from "../core/size.ts";
import { faultsCarriedBy } from "../recipes/faulty.ts";
import { refsOf } from "../recipes/refs.ts";
import type { ApplicationSpec } from "./application.ts";
import { contradictions } from "./contradictions.ts";

const label = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "use small letters, digits and dashes, a letter first, 31 at most");
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
const cloud = z
  .custom<Cloud>(
    (value) => isObject(value) && "open" in (value as object),
    "not a cloud; write local(), for example",
  )
  .describe("a cloud: local(), ec2({…})…");
const service = z.custom<Service>(
  (value) => isObject(value) && "recipe" in (value as object),
  "not a service; write mysql(…), for example",
);
const balancer = z
  .custom<Service>(
    (value) => service.safeParse(value).success,
    "not a balancer; write haproxy(…), for example",
  )
  .describe('a balancer: haproxy("lb", {…})');
const ref = z
  .custom<Ref<Endpoint>>(
    (value) => value instanceof Ref,
    "not an endpoint of a service; write web.http, for example",
  )
  .describe("an endpoint of a service: web.http");

function isLogService(value: unknown): boolean {
  return service.safeParse(value).success && (value as Partial<LogService>).linkLog instanceof Ref;
}

/** What `application(name, {…})` takes. */
export const applicationSpec = z.strictObject({
  sites: z
    .record(
      label,
      z.strictObject({
        role: z.enum(["primary", "standby"]).describe("at first; switchover and failover change it"),
        cloud,
        standby: z
          .enum(["hot", "warm"])
          .optional()
          .describe(
            "hot: the web tier runs all the time; warm: it is started after a promotion; by default hot where all of it starts on a read-only database",
          ),
        instances: z
          .record(z.string(), z.int().min(0))
          .optional()
          .describe("machines per name in this site, where it is not what the services say"),
      }),
    )
    .describe("one, or a primary and a standby"),
  services: z.array(service).describe("services: mysql(…), war(…)…; their order does not matter"),
  traffic: z
    .strictObject({
      balancer,
      to: ref,
      health: z
        .string()
        .startsWith("/")
        .optional()
        .describe(
          "path that answers 2xx or 3xx when the application works; default: that of the service behind to, with its statuses",
        ),
    })
    .optional()
    .describe("what people reach"),
  edge: z
    .strictObject({ cloud })
    .optional()
    .describe("the third small place, with balancer and witness; two sites need it"),
  replication: z
    .strictObject({
      of: service.describe("the database service"),
      through: z
        .custom<"embedded" | LogService>(
          (value) => value === "embedded" || isLogService(value),
          'not a place for a log; write "embedded", or the value of kafka("log", {…})',
        )
        .describe(
          'where the log is: "embedded", in the gateway itself, or a service of the application: kafka("log", {…})',
        ),
      logLimit: megabytes(64)
        .optional()
        .describe(
          'what an embedded log keeps at most; then nothing more is read from the source; default: "10GB"',
        ),
    })
    .optional()
    .describe("keeps the standby's database in step; two sites need it"),
  protection: z
    .strictObject({
      maxLossTransactions: z
        .int()
        .min(0)
        .optional()
        .describe("how many transactions a failover may lose; default: 100"),
      maxOutageSeconds: z
        .number()
        .positive()
        .optional()
        .describe("how long people may get no answer; default: 60"),
    })
    .optional()
    .describe("what a drill is held against"),
});

/** Everything that is wrong with what `application(name, spec)` was given: in each setting, in the services, and between settings that are right by themselves. */
export function applicationFaults(name: string, spec: ApplicationSpec): readonly Fault[] {
  if (!isObject(spec)) return [...nameFaults(name), ...faultsOf(applicationSpec, spec, "application")];
  const wrong = faultsOf(applicationSpec, spec, "");
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
    replication?.through,
  ];
  const sound = given.filter((one): one is Service => service.safeParse(one).success);
  const wires = [...sound.flatMap(({ params }) => refsOf(params)), traffic?.to].filter(
    (one) => one instanceof Ref,
  );
  return [...sound, ...wires].flatMap(faultsCarriedBy);
}
