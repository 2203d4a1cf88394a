import type { Driver, Machine, MachineTemplate } from "../../core/driver.ts";
import type { Secret } from "../../core/secret.ts";
import type { Shell } from "../../core/shell.ts";

/** A kind of cloud under test. What is optional leaves out the cases that need it. */
export interface DriverLab {
  /** A driver, as one more process would open it. */
  open(): Promise<Driver>;
  /** Two places that the driver can launch machines in. */
  readonly sites: readonly [string, string];
  readonly template: MachineTemplate;
  /** Templates with at least two faults, and the paths that `validate` names for a machine of the first site. */
  readonly faulty: { readonly template: MachineTemplate; readonly paths: readonly string[] };
  /** A template that the cloud cannot satisfy. */
  readonly tooBig?: MachineTemplate;
  /** A template whose launch fails after the cloud was asked for something. */
  readonly failing?: MachineTemplate;
  /** Names of everything that the cloud itself says the owner has: machines, networks, disks. */
  leftovers(owner: string): Promise<readonly string[]>;
}

/** Logs in to a machine with a private key. */
export type Connect = (machine: Machine, privateKey: Secret, signal: AbortSignal) => Promise<Shell>;
