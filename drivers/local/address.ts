/**
 * A site is a subnet with a number. On its one NIC a machine has two addresses: the engine's (10.231.N.x: internet, published
 * ports) and its own (10.111.N.x), by which the nodes know it. The engine never hears of the second one, so no rule of any
 * engine stands in the way between sites.
 */
export const siteNumbers = { first: 1, last: 254 };

/** Machines take the indices in between; .1 is the engine's gateway, .254 the router. */
export const machineIndices = { first: 11, last: 250 };

export const routerIndex = 254;

/** All addresses of all sites. */
export const sitesCidr = "10.111.0.0/16";

export function engineSubnet(number: number): { Subnet: string; Gateway: string } {
  return { Subnet: `10.231.${number}.0/24`, Gateway: engineAddress(number, 1) };
}

export function engineAddress(number: number, index: number): string {
  return `10.231.${number}.${index}`;
}

export function ownAddress(number: number, index: number): string {
  return `10.111.${number}.${index}`;
}

/** Fixed, else neighbours keep a stale entry when a machine comes back after a power cut. */
export function macAddress(number: number, index: number): string {
  return `02:42:0a:6f:${hex(number)}:${hex(index)}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
