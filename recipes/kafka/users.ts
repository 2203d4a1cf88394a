import { createHash, pbkdf2Sync } from "node:crypto";
import { Secret } from "../../core/secret.ts";
import { namedSecret } from "../secrets.ts";
import type { KafkaContext } from "./place.ts";

/** The user as whom a gateway keeps the log of its link here. */
export const LINK_USER = "hotsite";

/** The secret of `LINK_USER`. */
export const LINK_SECRET = "link";

/** The only way to log in at the clients' port. */
export const MECHANISM = "scram-sha-512";

/** The least that brokers take, and what they choose themselves. */
const ITERATIONS = 4096;
const KEY_BYTES = 64;

/** The secret that holds the password of a user. */
export function passwordName(user: string): string {
  return user === LINK_USER ? LINK_SECRET : `users.${user}.password`;
}

/** All users, as arguments of `StorageTool format`. Holds no password, but who reads it can log in. */
export function scramArguments(context: KafkaContext): Secret {
  const names = [LINK_USER, ...Object.keys(context.params.users)];
  return new Secret(names.map((name) => `--add-scram '${credentialOf(context, name)}'\n`).join(""));
}

/** Changes with any user and any password. */
export function usersFingerprint(context: KafkaContext): string {
  return createHash("sha256").update(scramArguments(context).reveal()).digest("hex");
}

function credentialOf({ application, service, secrets }: KafkaContext, name: string): string {
  const password = namedSecret(secrets, passwordName(name)).reveal();
  // The same at each rendering; those of two applications differ.
  const salt = createHash("sha256").update(`${application}/${service}/${name}`).digest();
  const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, "sha512");
  const parts = [
    `name=${name}`,
    `iterations=${ITERATIONS}`,
    `salt="${salt.toString("base64")}"`,
    `saltedpassword="${salted.toString("base64")}"`,
  ];
  return `SCRAM-SHA-512=[${parts.join(",")}]`;
}
