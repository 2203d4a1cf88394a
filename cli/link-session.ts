import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { HotsiteError } from "../core/errors.ts";
import type { Gateway } from "../replication/gateway/gateway.ts";
import { declaredLink, gatewayOf, type DeclaredLink } from "../replication/standalone/place.ts";
import type { LinkDeclaration } from "../replication/standalone/spec.ts";
import { findModule } from "./find-module.ts";
import { fileLogger } from "./log.ts";
import { importModule } from "./module.ts";
import { ensureStateFolder } from "../core/state-folder.ts";
import type { Call } from "./verb.ts";

const names = ["link.ts", "link.mts", "link.js", "link.mjs"];

/** A link that a file declares, and where its files are. */
export interface LinkSession extends DeclaredLink {
  /** The file. */
  readonly path: string;
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
  return { ...declaredLink(declaration, { folder, root }), path };
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
export function openGateway(link: LinkSession, { output }: Call): Promise<Gateway> {
  return gatewayOf(link, fileLogger(join(link.place.stateFolder, "link.log"), output));
}

function linkIn(exports: unknown): LinkDeclaration | undefined {
  if (typeof exports !== "object" || exports === null || !("default" in exports)) return undefined;
  return isLink(exports.default) ? exports.default : undefined;
}

function isLink(value: unknown): value is LinkDeclaration {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "link";
}
