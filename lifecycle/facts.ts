import { z } from "zod";
import type { Application } from "../core/application.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Store } from "../core/store.ts";

/** A link order as it is kept, see `LinkOrder`. */
export const linkOrder = z.strictObject({
  stream: z.string(),
  epoch: z.int(),
  from: z.string(),
  to: z.string(),
  start: z.string(),
  begin: z.enum(["copy", "stream"]),
});

/** What XA had prepared and nobody had decided on, as the link knew it. */
export const undecided = z.array(
  z.strictObject({ xid: z.string(), gtid: z.string(), preparedMs: z.number() }),
);

/** What a failover left open until the old site is a standby again. */
export const openFailover = z.strictObject({
  atMs: z.number(),
  from: z.string(),
  to: z.string(),
  epoch: z.int(),
  /** What of the old site was in the new one when it was promoted. */
  applied: z.string(),
  /** Decided by detection alone: counts against the one automatic attempt. */
  automatic: z.boolean(),
  /** At the old site when it was lost: nothing of it is in the new one. */
  undecided: undecided.default([]),
  /** How old the newest word of the old site was then: what it committed later is missing. Null: nobody knew. */
  lossWithinSeconds: z.number().nullable().default(null),
});

/** The last drill, for the status line. */
export const drillSummary = z.strictObject({
  id: z.string(),
  kind: z.enum(["site-power-off", "switchover"]),
  atMs: z.number(),
  result: z.enum(["passed", "failed", "not measured"]),
  headline: z.string(),
  report: z.string(),
  /** Of the report's JSON: the next report names it. */
  sha256: z.string(),
});

/** A drill that has begun and not ended; found later, it was interrupted. */
export const runningDrill = z.strictObject({
  id: z.string(),
  kind: z.enum(["site-power-off", "switchover"]),
  site: z.string(),
  startedMs: z.number(),
});

/** Facts as they are kept and shown. */
export const factsSchema = z.strictObject({
  activeSite: z.string(),
  standbySite: z.string(),
  epoch: z.int(),
  /** The link in force: from the active site to the standby. */
  link: linkOrder.nullable(),
  /** Where that link's log is: `embedded` by default, or `service log`. */
  log: z.string().optional(),
  /** The standby holds all the data up to some position; false while the first copy runs. */
  copied: z.boolean(),
  failover: openFailover.nullable(),
  /** When detection last failed over by itself. */
  lastAutomaticMs: z.number().nullable(),
  /** Reasons not to fail over automatically; `untilMs` null: until lifted. */
  holds: z.array(z.strictObject({ reason: z.string(), untilMs: z.number().nullable() })),
  drill: runningDrill.nullable(),
  lastDrill: drillSummary.nullable(),
});

/** What is known of an application's protection. The state that people see is derived from it, see `state.ts`. */
export type Facts = z.infer<typeof factsSchema>;

/** Undefined before the application is protected for the first time. Throws `HotsiteError` "config" when it is so at sites that the config does not have. */
export async function readFacts({ store, application }: FactsPlace): Promise<Facts | undefined> {
  const kept = await store.get(keyOf(application.name));
  if (kept === undefined) return undefined;
  const facts = factsSchema.parse(kept.value);
  requireSites(facts, application);
  return facts;
}

/** A site under another name would be taken for a new one, and its data for nobody's. */
function requireSites({ activeSite, standbySite }: Facts, { name, sites, replication }: Application): void {
  const needed = replication === undefined ? [activeSite] : [activeSite, standbySite];
  const gone = needed.filter((wanted) => !sites.some((site) => site.name === wanted));
  if (gone.length === 0) return;
  throw new HotsiteError(
    "config",
    `${name}: its primary is ${activeSite}, its standby ${standbySite}, and the config has no site ${gone.join(" and no ")}`,
    { hint: "give the sites of the config the names that they had; others only after `hotsite uninstall`" },
  );
}

/** Throws `HotsiteError` "unprotected" when the application was never protected. */
export async function needFacts(place: FactsPlace): Promise<Facts> {
  const facts = await readFacts(place);
  if (facts !== undefined) return facts;
  throw new HotsiteError("unprotected", `${place.application.name} is not protected yet`, {
    hint: "hotsite install sets up the standby and its replication",
  });
}

/** Changes some of the facts; another process that wrote meanwhile is a "conflict". */
export async function changeFacts(place: FactsPlace, change: Partial<Facts>): Promise<void> {
  const kept = await place.store.get(keyOf(place.application.name));
  const known = kept === undefined ? {} : factsSchema.parse(kept.value);
  const next = factsSchema.parse({ ...known, ...change });
  await place.store.put(keyOf(place.application.name), next, kept?.revision ?? 0);
}

/** Puts the facts back as they were; undefined removes them. */
export async function restoreFacts(place: FactsPlace, facts: Facts | undefined): Promise<void> {
  const key = keyOf(place.application.name);
  await (facts === undefined ? place.store.delete(key) : place.store.put(key, facts));
}

/** Facts before anything was protected. */
export function freshFacts(activeSite: string, standbySite: string): Facts {
  return {
    activeSite,
    standbySite,
    epoch: 0,
    link: null,
    copied: false,
    failover: null,
    lastAutomaticMs: null,
    holds: [],
    drill: null,
    lastDrill: null,
  };
}

/** Where facts are kept: any world has both. */
export interface FactsPlace {
  readonly store: Store;
  readonly application: Application;
}

function keyOf(application: string): string {
  return `protection/${application}`;
}
