import { join } from "node:path";
import { protectionOf } from "../failover/live-world.ts";
import type { ProtectionWorld } from "../failover/world.ts";
import type { Session } from "./session.ts";

/** What roles, traffic and drills of the installed application need. The session's world keeps its connections and closes them. */
export function openProtection({ config, world }: Session): Promise<ProtectionWorld> {
  return protectionOf({ world, reportsFolder: join(config.folder, "drills") });
}
