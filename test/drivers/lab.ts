import { command, script } from "../../core/command.ts";
import type { Driver, Machine } from "../../core/driver.ts";
import { Secret } from "../../core/secret.ts";
import type { Shell } from "../../core/shell.ts";
import { connectTo } from "../../remote/machine.ts";
import { loginKey } from "./claim.ts";

export type { DriverLab } from "../../drivers/kit/lab.ts";

/** A shell on a machine that was launched with the tests' key. */
export function shellOn(machine: Machine, signal: AbortSignal): Promise<Shell> {
  return connectTo(machine, new Secret(loginKey.privateKey), signal);
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
