import { join } from "node:path";
import { protectionOf } from "../failover/live-world.ts";
import type { ProtectionWorld } from "../failover/world.ts";
import type { Session } from "./session.ts";
import { needNodes } from "./target.ts";

/** What roles, traffic and drills of the installed application need. The session's world keeps its connections and closes them. */
export async function openProtection({ config, world }: Session): Promise<ProtectionWorld> {
  // Without a standby it would not help to install it.
  if (world.application.replication !== undefined) await needNodes(world);
  return protectionOf({ world, reportsFolder: join(config.folder, "drills") });
}
