import { join } from "node:path";
import { HotsiteError } from "../core/errors.ts";
import type { Machine } from "../core/driver.ts";
import { pinKnownHost } from "./host-key.ts";
import type { Session } from "./session.ts";
import { nodeNamed } from "./target.ts";

/** How the system's own SSH programs log in to a node. */
export interface SshAccess {
  readonly at: Machine["ssh"];
  /** Options that ssh and scp share: the application's key, the pinned host key, and nobody's settings. */
  readonly options: readonly string[];
}

export async function sshAccess(session: Session, node: string, signal: AbortSignal): Promise<SshAccess> {
  const { machine, hostKey } = await nodeNamed(session.world.nodes, node);
  const pinned = machine.ssh.hostKey ?? hostKey;
  if (pinned === undefined) {
    throw new HotsiteError("no-host-key", `${node}: its host key is not known yet`, {
      hint: "run `hotsite install` first: it pins the key at first contact",
    });
  }
  const knownHosts = join(session.stateFolder, "keys", `known_hosts.${node.replace("/", ".")}`);
  await pinKnownHost(node, machine.ssh, pinned, knownHosts, signal);
  const settings = ["IdentitiesOnly=yes", "StrictHostKeyChecking=yes", `UserKnownHostsFile="${knownHosts}"`];
  return {
    at: machine.ssh,
    options: [
      ...["-F", "none", "-i", session.world.loginKey.path],
      ...settings.flatMap((setting) => ["-o", setting]),
    ],
  };
}
