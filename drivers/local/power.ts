import type { Driver, Machine } from "../../core/driver.ts";
import { NodeNotFoundError } from "../../core/errors.ts";

/** Powers a node (`db-1` or `east/db-1`) or all nodes of a site off or on, at once, and gives them. Works with any driver. */
export async function powerSite(
  driver: Driver,
  owner: string,
  siteOrNode: string,
  power: "on" | "off",
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  const machines = await driver.list(owner, signal);
  const meant = machines.filter(({ site, name }) => [site, name, `${site}/${name}`].includes(siteOrNode));
  if (meant.length === 0) throw unknown(siteOrNode, machines);
  return Promise.all(meant.map((machine) => turn(driver, machine, power, signal)));
}

async function turn(
  driver: Driver,
  machine: Machine,
  power: "on" | "off",
  signal: AbortSignal,
): Promise<Machine> {
  if (power === "on") return driver.start(machine.id, signal);
  await driver.stop(machine.id, signal);
  return { ...machine, state: "stopped" };
}

function unknown(siteOrNode: string, machines: readonly Machine[]): NodeNotFoundError {
  const sites = [...new Set(machines.map(({ site }) => site))];
  const names = [...sites, ...machines.map(({ site, name }) => `${site}/${name}`)];
  return new NodeNotFoundError(`no site or node is called ${siteOrNode}`, {
    hint: names.length === 0 ? "nothing is installed" : `known: ${names.join(", ")}`,
  });
}
