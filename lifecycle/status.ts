import type { Authority, Checkpoint, DatabaseState, LinkStatus } from "../core/protection.ts";
import type { MemberStats } from "../core/balancer.ts";
import { messageOf } from "../core/errors.ts";
import { Controls } from "./controls.ts";
import { readFacts, type Facts } from "./facts.ts";
import { machinesIn, nodesIn } from "./site.ts";
import { roleOf } from "./topology.ts";
import type { World } from "./world.ts";

/** Someone was asked and answered, or could not be. */
export type Asked<T> = { readonly value: T } | { readonly problem: string };

/** The same where the answer may be that there is none. */
export type Found<T> = { readonly value?: T } | { readonly problem: string };

export interface SiteStatus {
  readonly site: string;
  readonly role: "primary" | "standby" | "edge";
  readonly nodes: number;
  readonly running: Asked<number>;
  readonly database?: Asked<DatabaseState>;
  readonly checkpoint?: Found<Checkpoint>;
  /** The link that ends here. */
  readonly link?: Found<LinkStatus>;
}

/** What is true at the moment, each part asked where it is known; nothing is taken from memory but the facts. */
export interface Status {
  readonly application: string;
  readonly installed: boolean;
  readonly facts?: Facts;
  readonly authority?: Asked<Authority>;
  readonly sites: readonly SiteStatus[];
  readonly pool?: Asked<readonly MemberStats[]>;
}

/** How long one part may take before it counts as unreachable: status is for people who wait. */
const ASK_MS = 4000;

/** Asks everything side by side. Parts that do not answer are reported as such; never throws for them. */
export async function readStatus(world: World, signal: AbortSignal): Promise<Status> {
  const { application } = world;
  const facts = await readFacts(world);
  const installed = (await world.nodes.all()).length > 0;
  if (!installed) return { application: application.name, installed, sites: [] };
  const controls = new Controls(world);
  const names = [
    ...application.sites.map(({ name }) => name),
    ...(application.edge === undefined ? [] : ["edge"]),
  ];
  const [authority, pool, ...sites] = await Promise.all([
    application.edge?.witness === undefined
      ? undefined
      : ask((inner) => controls.witness().authority(inner), signal),
    application.traffic === undefined ? undefined : ask((inner) => controls.balancer().stats(inner), signal),
    ...names.map((site) => siteStatus(world, controls, { site, activeSite: facts?.activeSite }, signal)),
  ]);
  return {
    application: application.name,
    installed,
    ...(facts === undefined ? {} : { facts }),
    ...(authority && { authority }),
    ...(pool && { pool }),
    sites,
  };
}

async function siteStatus(
  world: World,
  controls: Controls,
  { site, activeSite }: { site: string; activeSite?: string },
  signal: AbortSignal,
): Promise<SiteStatus> {
  const role = roleOf(world.application, site, activeSite);
  const replicated = world.application.replication !== undefined && role !== "edge";
  const running = ask(
    async (inner) => (await machinesIn(world, site, inner)).filter(({ state }) => state === "running").length,
    signal,
  );
  const common = { site, role, nodes: nodesIn(world, site).length };
  if (!replicated) return { ...common, running: await running };
  const database = ask((inner) => controls.database(site).state(inner), signal);
  if (role === "primary") return { ...common, running: await running, database: await database };
  const checkpoint = ask((inner) => controls.database(site).checkpoint(inner), signal);
  const link = ask((inner) => controls.link(site).status(inner), signal);
  return {
    ...common,
    running: await running,
    database: await database,
    checkpoint: await checkpoint,
    link: await link,
  };
}

async function ask<T>(question: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<Asked<T>> {
  try {
    return { value: await question(AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)])) };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: messageOf(error) };
  }
}
