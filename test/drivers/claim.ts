import { randomBytes } from "node:crypto";
import type { NodeClaim } from "../../core/driver.ts";
import { newSshKey } from "../../core/ssh-key.ts";

/** The key that the tests log in with. */
export const loginKey = newSshKey();

/** An owner that no other test has. */
export function newOwner(): string {
  return `test-${randomBytes(4).toString("hex")}`;
}

/** A claim that no other test has made. */
export function claimOf(owner: string, site: string, name: string, more: Partial<NodeClaim> = {}): NodeClaim {
  const id = `${owner}-${randomBytes(4).toString("hex")}`;
  return { id, owner, site, name, template: {}, authorizedKey: loginKey.publicKey, expose: [], ...more };
}
