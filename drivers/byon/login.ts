import { CredentialError } from "../../core/errors.ts";
import { besideConfig, resolveSecret, type Secret, type SecretSource } from "../../core/secret.ts";
import type { SshLogin, Sudo } from "../../core/ssh.ts";
import type { Host } from "./hosts.ts";
import type { LoginOptions } from "./options.ts";

/** Keys and passwords as they are now; nothing of it is kept. */
export async function loginOf(
  name: string,
  user: string,
  options: LoginOptions,
  configFolder: string,
): Promise<SshLogin> {
  const { key, passphrase, password } = options;
  const agent = agentOf(name, options);
  const read = (source: SecretSource, what: string): Promise<Secret> =>
    resolveSecret(besideConfig(source, configFolder), `${name}: ${what}`, configFolder);
  return {
    user,
    ...(key !== undefined && { privateKey: await read({ kind: "file", path: key }, "key") }),
    ...(passphrase && { passphrase: await read(passphrase, "passphrase") }),
    ...(password && { password: await read(password, "password") }),
    ...(agent !== undefined && { agent }),
  };
}

/** Undefined for root, and where the config says that the user needs no sudo. */
export async function sudoOf({ id, user, sudo }: Host, configFolder: string): Promise<Sudo | undefined> {
  if (sudo === false || (sudo === undefined && user === "root")) return undefined;
  if (sudo === true || sudo === undefined) return {};
  const source = besideConfig(sudo.password, configFolder);
  return { password: await resolveSecret(source, `${id}: sudo password`, configFolder) };
}

function agentOf(name: string, { key, password, agent }: LoginOptions): string | undefined {
  if (agent === false || (agent === undefined && (key !== undefined || password !== undefined)))
    return undefined;
  const socket = typeof agent === "string" ? agent : process.env["SSH_AUTH_SOCK"];
  if (socket !== undefined && socket !== "") return socket;
  throw new CredentialError(`${name}: there is no key, no password and no SSH agent to log in with`, {
    hint: "set key, password or agent in byon({ … }), or start an SSH agent",
  });
}
