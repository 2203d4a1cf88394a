import { createHash } from "node:crypto";
import { newSshKey } from "../../core/ssh-key.ts";

/** The SSH host key of one machine. */
export interface HostKey {
  readonly privateKey: string;
  readonly publicKey: string;
  /** `SHA256:…`, as ssh prints it. */
  readonly fingerprint: string;
}

/** A new key. The driver makes it, so the machine can be recognised at the very first contact. */
export function newHostKey(): HostKey {
  const { privateKey, publicKey } = newSshKey();
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  const digest = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  return { privateKey, publicKey: `${publicKey}\n`, fingerprint: `SHA256:${digest}` };
}
