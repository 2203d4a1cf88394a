import { createHash } from "node:crypto";
import type { NodeClaim } from "../../core/driver.ts";
import type { Api } from "./api.ts";
import { ask, askUnless } from "./errors.ts";
import { ownerTags, tagged } from "./tags.ts";
import type { Ec2Template } from "./template.ts";

/** The name of the key pair that lets the claim's key in. Every image knows how to ask for it, whatever its user data does. */
export async function ensureKey(
  { ec2 }: Api,
  claim: NodeClaim,
  template: Ec2Template,
  signal: AbortSignal,
): Promise<string> {
  const mark = createHash("sha256").update(`${claim.owner}\n${claim.authorizedKey}`).digest("hex");
  const name = `hotsite-${mark.slice(0, 20)}`;
  const filters = { Filters: [{ Name: "key-name", Values: [name] }] };
  const { KeyPairs = [] } = await ask(
    "look for the key pair",
    ec2.describeKeyPairs(filters, { abortSignal: signal }),
  );
  if (KeyPairs.length > 0) return name;
  signal.throwIfAborted();
  const imported = ec2.importKeyPair({
    KeyName: name,
    PublicKeyMaterial: new TextEncoder().encode(claim.authorizedKey.trim()),
    TagSpecifications: tagged(ownerTags(claim, template), "key-pair"),
  });
  await askUnless(/^InvalidKeyPair\.Duplicate$/, "import the login key", imported);
  return name;
}
