import { randomBytes } from "node:crypto";
import ssh2 from "ssh2";
import type { NodeClaim } from "../../core/driver.ts";

/** The key that the tests log in with. */
export const loginKey = ssh2.utils.generateKeyPairSync("ed25519");

/** An owner that no other test has. */
export function newOwner(): string {
  return `test-${randomBytes(4).toString("hex")}`;
}

/** A claim that no other test has made. */
export function claimOf(owner: string, site: string, name: string, more: Partial<NodeClaim> = {}): NodeClaim {
  const id = `${owner}-${randomBytes(4).toString("hex")}`;
  return { id, owner, site, name, template: {}, authorizedKey: loginKey.public, expose: [], ...more };
}
