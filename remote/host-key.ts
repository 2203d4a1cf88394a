import { createHash } from "node:crypto";
import { CredentialError } from "../core/errors.ts";

/** Where the fingerprint (`SHA256:…`) of a node's host key is kept. */
export interface HostKeyPolicy {
  /** The pinned fingerprint; undefined before the first contact. */
  known(): Promise<string | undefined>;
  /** Keeps the fingerprint that the first contact showed, once the node has proved that it holds the key. */
  pin(fingerprint: string): Promise<unknown>;
}

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
  { node, host }: { node: string; host: string },
  keys: { pinned: string; now: string },
): HostKeyChangedError {
  return new HostKeyChangedError(
    `${who}: the host key changed\n    pinned  ${keys.pinned}\n    now     ${keys.now}`,
    {
      hint: `If the machine was reinstalled: hotsite trust ${node}. If not, someone may be listening.`,
      details: { node, host, ...keys },
    },
  );
}
