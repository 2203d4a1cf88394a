import { join } from "node:path";
import { HotsiteError } from "../core/errors.ts";
import type { Endpoint, Machine } from "../core/driver.ts";
import type { SshTarget } from "../core/ssh.ts";
import { openTunnel, type Tunnel } from "../lifecycle/tunnel.ts";
import { openShell } from "../remote/ssh.ts";
import { pinKnownHost } from "./host-key.ts";
import { openSession } from "./session.ts";
import { nodeNamed } from "./target.ts";
import type { Call } from "./verb.ts";

/** How the system's own SSH programs log in to a node. It holds the way through a jump host: close it when the program has ended. */
export interface SshAccess extends AsyncDisposable {
  readonly at: Machine["ssh"];
  /** Options that ssh and scp share: the application's key, the pinned host key, and nobody's settings. */
  readonly options: readonly string[];
}

/** Throws `HotsiteError` "usage" for an unknown node, "no-host-key" before anybody was there, and what connecting throws. */
export async function sshAccess(call: Call, node: string, signal: AbortSignal): Promise<SshAccess> {
  await using session = await openSession(call);
  const record = await nodeNamed(session.world, node);
  const { at, jump, hostKey } = await session.world.sshTarget(record);
  const pinned = await hostKey.known();
  if (pinned === undefined) {
    throw new HotsiteError("no-host-key", `${node}: its host key is not known yet`, {
      hint: "run `hotsite install` first: it pins the key at first contact",
    });
  }
  const knownHosts = join(session.stateFolder, "keys", `known_hosts.${node.replace("/", ".")}`);
  const way = jump && (await wayThrough(jump, at, signal));
  try {
    const endpoint = way?.endpoint ?? at;
    await pinKnownHost({ node, at, endpoint, pinned }, knownHosts, signal);
    const settings = [
      ...["IdentitiesOnly=yes", "StrictHostKeyChecking=yes", `HostKeyAlias=${node}`],
      `UserKnownHostsFile="${knownHosts}"`,
    ];
    const options = settings.flatMap((setting) => ["-o", setting]);
    return {
      at: { ...record.machine.ssh, ...endpoint },
      options: ["-F", "none", "-i", session.world.loginKey.path, ...options],
      [Symbol.asyncDispose]: async () => way?.[Symbol.asyncDispose](),
    };
  } catch (error) {
    await way?.[Symbol.asyncDispose]();
    throw error;
  }
}

/** A port of this computer that leads through a jump host. ssh could go there by itself with a key alone; we may have a password or a passphrase. */
async function wayThrough(jump: SshTarget, to: Endpoint, signal: AbortSignal): Promise<Tunnel> {
  const shell = await openShell(jump, signal);
  try {
    const tunnel = await openTunnel(shell, to, signal);
    const close = async (): Promise<void> => {
      await tunnel[Symbol.asyncDispose]();
      await shell[Symbol.asyncDispose]();
    };
    return { endpoint: tunnel.endpoint, [Symbol.asyncDispose]: close };
  } catch (error) {
    await shell[Symbol.asyncDispose]();
    throw error;
  }
}
