import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { systemClock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";
import { Gateway } from "../replication/gateway/gateway.ts";
import { endsOf, type LinkPlace } from "../replication/standalone/ends.ts";
import { targetSite } from "../replication/standalone/order.ts";
import type { LinkDeclaration } from "../replication/standalone/spec.ts";
import { findModule } from "./find-module.ts";
import { fileLogger } from "./log.ts";
import { importModule } from "./module.ts";
import { ensureStateFolder } from "./session.ts";
import type { Call } from "./verb.ts";

const names = ["link.ts", "link.mts", "link.js", "link.mjs"];

/** A link that a file declares, and where its files are. */
export interface LinkSession {
  readonly declaration: LinkDeclaration;
  /** The file. */
  readonly path: string;
  readonly place: LinkPlace;
  /** Answers while `hotsite replicate` runs. */
  readonly socket: string;
}

/** The link of `--config`, or of `link.ts` in this folder. Throws `HotsiteError` "config" with everything that is wrong. */
export async function openLink(call: Call): Promise<LinkSession> {
  const { config = ".", state } = call.options;
  const path = findModule(config, call.cwd, {
    names,
    hint: "write one: docs/replicate.md; or name it: --config path/to/link.ts",
  });
  const declaration = linkIn(await importModule(path));
  if (declaration === undefined) {
    throw new HotsiteError("config", `${path}: does not export a link by default`, {
      hint: 'end the file with `export default link("name", { … })`',
    });
  }
  const folder = dirname(path);
  const root = state === undefined ? join(folder, ".hotsite") : resolve(call.cwd, state);
  await ensureStateFolder(root);
  const stateFolder = join(root, "links", declaration.name);
  return { declaration, path, place: { folder, stateFolder }, socket: socketIn(stateFolder) };
}

/** The link that `--config`, or this folder, declares; undefined where it is an application. */
export async function openLinkIfAny(call: Call): Promise<LinkSession | undefined> {
  const { config } = call.options;
  if (config === undefined) {
    const here = (file: string): boolean => existsSync(join(call.cwd, file));
    return !here("hotsite.config.ts") && names.some(here) ? openLink(call) : undefined;
  }
  const path = resolve(call.cwd, config);
  if (!existsSync(path) || !/\.[cm]?[jt]s$/.test(path)) return undefined;
  return linkIn(await importModule(path)) === undefined ? undefined : openLink(call);
}

/** What runs the link, at rest. Whoever opens it closes it. */
export function openGateway({ declaration, place }: LinkSession, { output }: Call): Promise<Gateway> {
  return Gateway.open({
    ...{ site: targetSite, from: declaration.name, stateFolder: place.stateFolder },
    ends: () => endsOf(declaration, place),
    clock: systemClock,
    logger: fileLogger(join(place.stateFolder, "link.log"), output),
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

function linkIn(exports: unknown): LinkDeclaration | undefined {
  if (typeof exports !== "object" || exports === null || !("default" in exports)) return undefined;
  return isLink(exports.default) ? exports.default : undefined;
}

function isLink(value: unknown): value is LinkDeclaration {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "link";
}
