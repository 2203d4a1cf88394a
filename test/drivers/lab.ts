import { command, script } from "../../core/command.ts";
import type { Driver, Machine, MachineTemplate } from "../../core/driver.ts";
import { Secret } from "../../core/secret.ts";
import type { Shell } from "../../core/shell.ts";
import { openShell } from "../../remote/ssh.ts";
import { loginKey } from "./claim.ts";

/** A kind of cloud under test. */
export interface DriverLab {
  /** A driver, as one more process would open it. */
  open(): Promise<Driver>;
  /** Two places that the driver can launch machines in. */
  readonly sites: readonly [string, string];
  readonly template: MachineTemplate;
  /** Templates with at least two faults, and the paths that `validate` names for a machine of the first site. */
  readonly faulty: { readonly template: MachineTemplate; readonly paths: readonly string[] };
  /** A template that the cloud cannot satisfy. */
  readonly tooBig: MachineTemplate;
  /** A template whose launch fails after the cloud was asked for something. */
  readonly failing: MachineTemplate;
  /** Names of everything that the cloud itself says the owner has: machines, networks, disks. */
  leftovers(owner: string): Promise<readonly string[]>;
}

/** A shell on a machine, which has to show the host key that the driver told, if it told one. */
export async function shellOn({ site, name, ssh }: Machine, signal: AbortSignal): Promise<Shell> {
  const known = ssh.hostKey;
  return openShell(
    {
      node: `${site}/${name}`,
      at: ssh,
      login: { user: ssh.user, privateKey: new Secret(loginKey.privateKey) },
      ...(ssh.sudo === true ? { sudo: {} } : {}),
      hostKey: {
        known: () => Promise.resolve(known),
        // Not every cloud tells it; then the first contact counts.
        pin: () => Promise.resolve(),
      },
    },
    signal,
  );
}

/** What a program prints on a machine. */
export async function outputOf(
  machine: Machine,
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string> {
  await using shell = await shellOn(machine, signal);
  return (await shell.run(command(...argv), signal)).stdout;
}

/** What a script prints on a machine, whatever it exits with. */
export async function scriptOn(machine: Machine, text: string, signal: AbortSignal): Promise<string> {
  await using shell = await shellOn(machine, signal);
  return (await shell.run(script(`{ ${text}; } || true`), signal)).stdout;
}

/** Destroys all machines of an owner, and what they shared. */
export async function removeAll(driver: Driver, owner: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const machines = await driver.list(owner, signal);
  await Promise.all(machines.map(({ id }) => driver.destroy(id, signal)));
  await driver.sweep(owner, signal);
}
