import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { HotsiteError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { askControl } from "../control/client.ts";
import { Gateway } from "../gateway/gateway.ts";
import { endsOf, type LinkPlace } from "./ends.ts";
import { targetSite } from "./order.ts";
import type { LinkDeclaration } from "./spec.ts";

/** A link, and where its files are. */
export interface DeclaredLink {
  readonly declaration: LinkDeclaration;
  readonly place: LinkPlace;
  /** Answers while a process runs the link. */
  readonly socket: string;
}

/** `root`: where the state of all links is kept. */
export function declaredLink(
  declaration: LinkDeclaration,
  { folder, root }: { readonly folder: string; readonly root: string },
): DeclaredLink {
  const stateFolder = join(root, "links", declaration.name);
  return { declaration, place: { folder, stateFolder }, socket: socketIn(stateFolder) };
}

/** What runs the link, at rest. Whoever opens it closes it. */
export function gatewayOf({ declaration, place }: DeclaredLink, logger: Logger): Promise<Gateway> {
  return Gateway.open({
    ...{ site: targetSite, from: declaration.name, stateFolder: place.stateFolder },
    ends: () => endsOf(declaration, place),
    clock: systemClock,
    logger,
  });
}

/** Whether a process runs this link. */
export async function isRunning(
  { socket }: Pick<DeclaredLink, "socket">,
  signal: AbortSignal,
): Promise<boolean> {
  return askControl(socket, "status", undefined, signal).then(
    () => true,
    (error: unknown) => !(error instanceof HotsiteError && error.code === "unreachable"),
  );
}

/** Throws "locked" while another process runs the link. */
export async function refuseSecond(link: DeclaredLink, signal: AbortSignal): Promise<void> {
  if (!(await isRunning(link, signal))) return;
  throw new HotsiteError("locked", `the link ${link.declaration.name} is running already`, {
    hint: "`hotsite replication status` shows it",
  });
}

/** Of the length that a system takes for the path of a socket, one byte ends it. */
const longestSocket = 103;

function socketIn(stateFolder: string): string {
  const path = join(stateFolder, "control.sock");
  if (Buffer.byteLength(path) <= longestSocket) return path;
  throw new HotsiteError("config", `the path of the link's control socket is too long: ${path}`, {
    hint: `name a folder with a shorter path: --state (at most ${longestSocket} characters as a whole)`,
  });
}
