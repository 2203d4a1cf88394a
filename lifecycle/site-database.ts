import type { SourceOptions } from "../replication/source.ts";
import type { TargetOptions } from "../replication/target.ts";
import type { Controls } from "./controls.ts";
import type { Scene } from "./context.ts";
import { openTunnel } from "./tunnel.ts";
import { databaseServer, passwordOf, replicationOf } from "./wiring.ts";

/** How this process reaches the database of a site. Closing it closes the way there. */
export interface SiteDatabase extends AsyncDisposable {
  /** As the user who may read everything that is replicated. */
  readonly source: SourceOptions;
  /** As the user who applies the stream. */
  readonly applied: TargetOptions;
}

/** Opens a way to a site's database through its own node. */
export async function openSiteDatabase(
  scene: Scene,
  controls: Controls,
  site: string,
  signal: AbortSignal,
): Promise<SiteDatabase> {
  const { of } = replicationOf(scene.world);
  const tunnel = await openTunnel(controls.shellOf(of.name, site), databaseServer(scene, of, site), signal);
  const place = { ...tunnel.endpoint, ca: scene.world.pki.ca };
  return {
    source: { site, ...place, user: "hotsite_feeder", password: passwordOf(scene, of, "feeder") },
    applied: { ...place, user: "hotsite_applier", password: passwordOf(scene, of, "applier") },
    [Symbol.asyncDispose]: () => tunnel[Symbol.asyncDispose](),
  };
}
