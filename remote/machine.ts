import type { Machine } from "../core/driver.ts";
import type { Secret } from "../core/secret.ts";
import type { Shell } from "../core/shell.ts";
import { openShell } from "./ssh.ts";

/** A shell on a machine that was just launched. It has to show the host key that its cloud told; where none was told, the first contact counts. */
export function connectTo(
  { site, name, ssh }: Machine,
  privateKey: Secret,
  signal: AbortSignal,
): Promise<Shell> {
  const node = {
    node: `${site}/${name}`,
    at: ssh,
    login: { user: ssh.user, privateKey },
    ...(ssh.sudo === true ? { sudo: {} } : {}),
    hostKey: { known: () => Promise.resolve(ssh.hostKey), pin: () => Promise.resolve() },
  };
  return openShell(node, signal);
}
