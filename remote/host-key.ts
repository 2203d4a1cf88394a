import { createHash } from "node:crypto";
import { CredentialError } from "../core/errors.ts";

/** The node answers with another host key than the pinned one. */
export class HostKeyChangedError extends CredentialError {
  override readonly code = "host-key-changed";
}

/** A host key's fingerprint as OpenSSH prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

export function hostKeyChanged(
  who: string,
  { node, host, trust = node }: { node: string; host: string; trust?: string | undefined },
  keys: { pinned: string; now: string },
): HostKeyChangedError {
  return new HostKeyChangedError(
    `${who}: the host key changed\n    pinned  ${keys.pinned}\n    now     ${keys.now}`,
    {
      hint: `If the machine was reinstalled: hotsite trust ${trust}. If not, someone may be listening.`,
      details: { node, host, ...keys },
    },
  );
}
