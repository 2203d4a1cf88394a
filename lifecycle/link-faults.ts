import type { Fault } from "../core/errors.ts";
import { readScene } from "./context.ts";
import type { Controls } from "./controls.ts";
import { openSiteDatabase } from "./site-database.ts";
import { databasesOf, replicationOf } from "./wiring.ts";
import type { World } from "./world.ts";

/** Everything at once that keeps the database of a site from being replicated, before anything is copied. */
export async function linkFaults(
  world: World,
  controls: Controls,
  site: string,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  const databases = databasesOf(replicationOf(world).of);
  await using database = await openSiteDatabase(await readScene(world, site), controls, site, signal);
  // Brings a client of the database with it, which few commands need.
  const { preflightSource } = await import("../replication/preflight.ts");
  return await preflightSource({ source: database.source, databases, clock: world.clock }, signal);
}
