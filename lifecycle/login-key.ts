import { join } from "node:path";
import ssh2 from "ssh2";
import { HotsiteError } from "../core/errors.ts";
import { newSshKey } from "../core/ssh-key.ts";
import { keptSecret, type Secret } from "../core/secret.ts";

/** The key with which Hotsite logs in to every node of one application. */
export interface LoginKey {
  readonly privateKey: Secret;
  /** An `authorized_keys` line. */
  readonly authorizedKey: string;
  /** The private key's file, for the system's own ssh. */
  readonly path: string;
}

/** The key kept in the state folder, made at its first use with mode 0600. */
export async function loginKey(stateFolder: string): Promise<LoginKey> {
  const path = join(stateFolder, "keys", "login");
  const privateKey = await keptSecret(path, () => newSshKey("hotsite").privateKey);
  const parsed = ssh2.utils.parseKey(privateKey.reveal());
  if (parsed instanceof Error) {
    throw new HotsiteError("bad-login-key", `${path}: ${parsed.message}`, {
      hint: "restore the file from a backup of the state folder",
    });
  }
  const authorizedKey = `${parsed.type} ${parsed.getPublicSSH().toString("base64")} hotsite`;
  return { privateKey, authorizedKey, path };
}
