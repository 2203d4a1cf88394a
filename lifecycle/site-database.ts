import type { SourceOptions } from "../replication/source.ts";
import type { Controls } from "./controls.ts";
import type { Scene } from "./context.ts";
import { openTunnel } from "./tunnel.ts";
import { databaseServer, passwordOf, replicationOf } from "./wiring.ts";

/** How this process reaches the database of a site, as the user who may read everything that is replicated. Closing it closes the way there. */
export interface SiteDatabase extends AsyncDisposable {
  readonly source: SourceOptions;
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
  return {
    source: {
      site,
      ...tunnel.endpoint,
      user: "hotsite_feeder",
      password: passwordOf(scene, of, "feeder"),
      ca: scene.world.pki.ca,
    },
    [Symbol.asyncDispose]: () => tunnel[Symbol.asyncDispose](),
  };
}
