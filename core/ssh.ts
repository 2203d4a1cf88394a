import type { Endpoint } from "./driver.ts";
import type { Secret } from "./secret.ts";
import type { Shell } from "./shell.ts";

/** Who logs in, and what shows that it is allowed to. Keys are tried before the password. */
export interface SshLogin {
  readonly user: string;
  /** In OpenSSH's or PEM format. */
  readonly privateKey?: Secret;
  /** Of an encrypted private key. */
  readonly passphrase?: Secret;
  /** The socket of an SSH agent that holds a key. */
  readonly agent?: string;
  readonly password?: Secret;
}

/** How commands become root's on a node whose login is somebody else. */
export interface Sudo {
  /** Of the user who logs in; without it sudo must not ask for one. */
  readonly password?: Secret;
}

/** Where the fingerprint (`SHA256:…`) of a node's host key is kept. */
export interface HostKeyPolicy {
  /** The pinned fingerprint; undefined before the first contact. */
  known(): Promise<string | undefined>;
  /** Keeps the fingerprint that the first contact showed, once the node has proved that it holds the key. */
  pin(fingerprint: string): Promise<unknown>;
  /** What `hotsite trust` has to be given when the machine was installed again. Default: the node. */
  readonly trust?: string;
}

/** A host key that is pinned somewhere else than with its node. */
export interface KeptHostKey extends HostKeyPolicy {
  /** The next contact pins the key that it shows. Gives the one that was pinned. */
  forget(): Promise<string | undefined>;
}

/** An SSH server and how to get in. */
export interface SshTarget {
  /** `site/name`, for messages. */
  readonly node: string;
  readonly at: Endpoint;
  readonly login: SshLogin;
  readonly hostKey: HostKeyPolicy;
  /** Everything runs as root through sudo. Without it everything runs as the user who logs in. */
  readonly sudo?: Sudo;
  /** The host through which it is reached. */
  readonly jump?: SshTarget;
  /** How long it may take to answer, all attempts together. Default 20 s. */
  readonly connectTimeoutMs?: number;
}

/** Opens a shell; `remote` does, and drivers are given it. */
export type OpenShell = (target: SshTarget, signal: AbortSignal) => Promise<Shell>;
