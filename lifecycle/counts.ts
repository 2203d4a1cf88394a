import { z } from "zod";
import type { Application, Site } from "../core/application.ts";
import type { FactsPlace } from "./facts.ts";
import { machineGroups } from "./placement.ts";
import { siteServices } from "./topology.ts";

/** How many machines of a name each site was scaled to: `{ east: { web: 3 } }`. What the config says is not in it. */
const countsSchema = z.record(z.string(), z.record(z.string(), z.int().min(0)));

type Counts = z.infer<typeof countsSchema>;

/** One number of machines. */
export interface Count {
  readonly site: string;
  /** What the machines are called: `web`. */
  readonly machines: string;
  readonly count: number;
}

/** The application with the numbers that it was scaled to, as far as the config still allows them. */
export async function asScaled(place: FactsPlace): Promise<Application> {
  const counts = await readCounts(place);
  const wished = Object.entries(counts).flatMap(([site, numbers]) =>
    Object.entries(numbers).map(([machines, count]) => ({ site, machines, count })),
  );
  return wished.reduce(withCount, place.application);
}

/** The application with another number of machines in one site, kept within the range that the config allows. */
export function withCount(application: Application, { site, machines, count }: Count): Application {
  const group = machineGroups(siteServices(application)).find(({ name }) => name === machines);
  if (group === undefined) return application;
  const { min, max } = group.instances;
  const change = (one: Site): Site =>
    one.name === site
      ? { ...one, instances: { ...one.instances, [machines]: Math.min(max, Math.max(min, count)) } }
      : one;
  return { ...application, sites: application.sites.map(change) };
}

/** The number that a site was scaled to; undefined where the config alone counts. */
export async function keptCount(
  place: FactsPlace,
  site: string,
  machines: string,
): Promise<number | undefined> {
  return (await readCounts(place))[site]?.[machines];
}

/** Remembers a number: it counts instead of what the config says, until it is changed or the application uninstalled. Undefined forgets it. */
export async function keepCount(
  place: FactsPlace,
  { site, machines, count }: Omit<Count, "count"> & { readonly count: number | undefined },
): Promise<void> {
  const kept = await place.store.get(keyOf(place));
  const counts = kept === undefined ? {} : countsSchema.parse(kept.value);
  const { [machines]: _, ...others } = counts[site] ?? {};
  const own = count === undefined ? others : { ...others, [machines]: count };
  await place.store.put(keyOf(place), { ...counts, [site]: own }, kept?.revision ?? 0);
}

/** After an uninstall the config alone counts. */
export async function forgetCounts(place: FactsPlace): Promise<void> {
  await place.store.delete(keyOf(place));
}

async function readCounts(place: FactsPlace): Promise<Counts> {
  const kept = await place.store.get(keyOf(place));
  return kept === undefined ? {} : countsSchema.parse(kept.value);
}

function keyOf({ application }: FactsPlace): string {
  return `counts/${application.name}`;
}
