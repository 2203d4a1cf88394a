import type { Command } from "./command.ts";
import type { Fault } from "./errors.ts";
import type { KeptHostKey, SshTarget } from "./ssh.ts";

/** The wish for one node, written to the store before the cloud is called. */
export interface NodeClaim {
  /** Unique for ever: launching the same claim twice gives the same machine. */
  readonly id: string;
  /** Who it belongs to: the application's name. Everything that a driver makes carries it. */
  readonly owner: string;
  readonly site: string;
  /** Unique within the site: `db-1`. */
  readonly name: string;
  readonly template: MachineTemplate;
  /** An OpenSSH public key line that may log in. */
  readonly authorizedKey: string;
  /** TCP ports that people reach from outside the site. */
  readonly expose: readonly number[];
}

/** What kind of machine; each driver says in `validate` which fields it knows. */
export interface MachineTemplate {
  readonly image?: string;
  readonly size?: string;
  readonly [option: string]: unknown;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Spoken to over TLS, with a certificate of the application's own authority. */
  readonly tls?: boolean;
}

/** One machine as its cloud reports it. */
export interface Machine {
  /** The cloud's own id; `stop`, `start` and `destroy` take it. */
  readonly id: string;
  readonly claim: string;
  readonly owner: string;
  readonly site: string;
  readonly name: string;
  readonly state: "running" | "stopped";
  /** Where the application's other nodes reach it. */
  readonly address: string;
  readonly ssh: Endpoint & {
    readonly user: string;
    /** The user is not root: everything runs through sudo. Default false. */
    readonly sudo?: boolean;
    /** `SHA256:…`, when the cloud tells it. */ readonly hostKey?: string;
  };
  /** Where people reach each exposed port. */
  readonly exposed: Readonly<Record<number, Endpoint>>;
}

export interface DriverCapabilities {
  /** `stop` keeps the disk and `start` brings it back. */
  readonly powerOff: boolean;
  /** When `stop` resolves the machine runs no instruction any more: promotion may rely on it. */
  readonly fences: boolean;
  /** `destroy` gives the machine and its disk to the next user: what was installed has to be removed before. Default false. */
  readonly handsBack?: boolean;
}

/** What a machine's record does not say because it is secret, or the way and not the place. */
export type Access = Pick<SshTarget, "sudo" | "jump">;

/** One kind of cloud. Every implementation passes the cases of `drivers/kit`. */
export interface Driver extends AsyncDisposable {
  readonly kind: string;
  capabilities(): DriverCapabilities;
  /** All faults at once: credentials, image, size, network, quota. Changes nothing. */
  validate(claims: readonly NodeClaim[], signal: AbortSignal): Promise<readonly Fault[]>;
  /**
   * The machine of this claim, launched unless it exists; running and reachable over SSH when it resolves.
   * On any failure or cancellation nothing is left. Throws `CapacityError`, `QuotaError`, `CredentialError` or a retryable error.
   */
  launch(claim: NodeClaim, signal: AbortSignal): Promise<Machine>;
  /** Everything of this owner that exists, in a stable order; an empty list when there is nothing. */
  list(owner: string, signal: AbortSignal): Promise<readonly Machine[]>;
  /** Power off at once, disk kept. Resolves when it is confirmed; repeatable. Throws `NodeNotFoundError`. */
  stop(id: string, signal: AbortSignal): Promise<void>;
  /** Power on; repeatable. Throws `NodeNotFoundError`. */
  start(id: string, signal: AbortSignal): Promise<Machine>;
  /** Resolves when the machine, its disk and its addresses are gone; also when they were gone before. */
  destroy(id: string, signal: AbortSignal): Promise<void>;
  /** Removes what the owner's machines shared (networks, routers, keys) once none is left; repeatable. */
  sweep(owner: string, signal: AbortSignal): Promise<void>;
  /** What reaching a machine takes besides the claim's key; asked at each connection, and never kept. Only where something is needed. */
  access?(machine: Machine): Promise<Access>;
  /** How the driver itself logs in to a machine, to look what keeps it from doing so. Only where it does, with a login of its own. Throws `CredentialError`. */
  login?(machine: Machine): Promise<SshTarget>;
  /** Where a machine's host key is pinned. Only where the machine outlives its node, and the driver logs in to it as well. */
  hostKey?(machine: Machine): KeptHostKey;
  /**
   * A command that succeeds on the machine as long as it is the claim's: with it, whoever is logged in with the claim's key need not ask
   * `launch`. Only where nothing but the machine itself knows. Changes nothing, says nothing.
   */
  confirm?(machine: Machine): Command;
}
