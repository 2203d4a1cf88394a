import type { Driver, MachineTemplate } from "./driver.ts";
import type { Ref, Service } from "./recipe.ts";
import type { Secret } from "./secret.ts";
import type { Endpoint } from "./driver.ts";
import type { OpenShell } from "./ssh.ts";

/** A driver with its credentials and machine templates: what `local()` or `byon({…})` returns. Opening it may load a cloud's SDK. */
export interface Cloud {
  readonly kind: string;
  readonly template: MachineTemplate;
  open(scope: CloudScope): Promise<Driver>;
}

/** What a template of any cloud may say besides what its driver reads. */
export interface Priced {
  /** Of one machine, for the estimate of `hotsite plan`. */
  readonly price?: { readonly perHour: number; readonly currency: string };
}

/** What a driver may need to know of its surroundings. */
export interface CloudScope {
  /** Owner of what it makes: the application. */
  readonly owner: string;
  /** Every site of the application that this kind of cloud hosts, in the order of the config. */
  readonly sites: readonly string[];
  /** Where paths of the config start. */
  readonly configFolder: string;
  /** For files of the driver's own; only the user may read it. */
  readonly stateFolder: string;
  readonly openShell: OpenShell;
}

export interface Site {
  readonly name: string;
  readonly role: "primary" | "standby";
  readonly cloud: Cloud;
  /** `hot`: the web tier runs; `warm`: it is installed, and started after promotion. */
  readonly standby: "hot" | "warm";
  /** How many machines of a name are here, where it is not what the services on them say: `{ web: 1 }`. */
  readonly instances?: Readonly<Record<string, number>>;
}

/** How much may be lost and how long it may take; each is compared with what a drill measured. */
export interface Protection {
  readonly maxLossTransactions: number;
  readonly maxOutageSeconds: number;
}

/** Traffic: one balancer at the edge, spread over the nodes behind `to`. */
export interface Traffic {
  readonly balancer: Service;
  readonly to: Ref<Endpoint>;
  /** Path that answers when the application works. */
  readonly health: string;
  /** Statuses of an answer that says so. Default: 200 to 399. */
  readonly healthStatuses?: readonly number[];
}

/** What a gateway has to know to keep the log of its link at brokers. */
export interface LinkLog {
  /** `host:port`. Their certificates are of the application's own authority. */
  readonly brokers: readonly string[];
  readonly login: {
    readonly mechanism: "scram-sha-256" | "scram-sha-512" | "plain";
    readonly user: string;
    readonly password: Secret;
  };
}

/** A service that can keep the log of a link, in each site for the link that ends there: `kafka("log", {…})`. */
export type LogService = Service & { readonly linkLog: Ref<LinkLog> };

export interface Replication {
  readonly of: Service;
  /** Where the log is: in the gateway itself, or at this service. */
  readonly through: "embedded" | LogService;
  readonly gateway: Service;
}

/** One application, as declared in `hotsite.config.ts` and checked. */
export interface Application {
  readonly name: string;
  readonly sites: readonly Site[];
  readonly services: readonly Service[];
  readonly edge?: {
    readonly name: string;
    readonly cloud: Cloud;
    /** Only where there are two sites. */ readonly witness?: Service;
  };
  readonly traffic?: Traffic;
  readonly replication?: Replication;
  readonly protection: Protection;
}
