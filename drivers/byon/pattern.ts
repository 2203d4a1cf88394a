import { isIPv4, isIPv6 } from "node:net";
import { HotsiteError } from "../../core/errors.ts";

/** More hosts than that in one pattern is a slip of the hand. */
const mostHosts = 1024;

/**
 * The hosts that a pattern names, in order: a name or an address, `10.0.0.[11-16,20]`, `db[01-03].lan` (zeros are kept),
 * `10.0.0.11-10.0.0.16`, a network such as `10.0.0.0/28` without its first and last address; several with commas between them.
 */
export function expandHosts(pattern: string): readonly string[] {
  const hosts = splitOutside(pattern).flatMap((part) => expandOne(part));
  if (hosts.length === 0) throw bad(pattern, "names no host");
  return hosts;
}

/** At commas and blanks that are in no bracket. */
function splitOutside(pattern: string): string[] {
  const parts = pattern.match(/(?:\[[^\]]*\]|[^,\s])+/g) ?? [];
  return parts.map((part) => part.trim());
}

function expandOne(part: string): string[] {
  const network = /^(\d+\.\d+\.\d+\.\d+)\/(\d{1,2})$/.exec(part);
  if (network !== null) return expandNetwork(part, network[1] ?? "", Number(network[2]));
  const span = /^(\d+\.\d+\.\d+\.\d+)-(\d+\.\d+\.\d+\.\d+)$/.exec(part);
  if (span !== null) return expandSpan(part, span[1] ?? "", span[2] ?? "");
  return expandBrackets(part);
}

function expandNetwork(part: string, address: string, bits: number): string[] {
  if (!isIPv4(address) || bits > 32) throw bad(part, "is not an IPv4 network");
  const size = 2 ** (32 - bits);
  const first = numberOf(address) - (numberOf(address) % size);
  // In a network of at least four, the first address is the network's own and the last is everybody's.
  const edge = size >= 4 ? 1 : 0;
  return addresses(part, first + edge, first + size - 1 - edge);
}

function expandSpan(part: string, from: string, to: string): string[] {
  if (!isIPv4(from) || !isIPv4(to)) throw bad(part, "does not lead from an IPv4 address to another");
  return addresses(part, numberOf(from), numberOf(to));
}

function addresses(part: string, first: number, last: number): string[] {
  return range(part, first, last).map((number) =>
    [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join("."),
  );
}

function expandBrackets(part: string): string[] {
  const found = /^([^[\]]*)\[([^[\]]*)\](.*)$/.exec(part);
  if (found === null) return [checked(part)];
  const [, before = "", choices = "", after = ""] = found;
  const middles = choices.split(",").flatMap((choice) => expandChoice(part, choice.trim()));
  const hosts = middles.flatMap((middle) => expandBrackets(`${before}${middle}${after}`));
  if (hosts.length > mostHosts) throw bad(part, `names more than ${mostHosts} hosts`);
  return hosts;
}

function expandChoice(part: string, choice: string): string[] {
  const span = /^(\d+)-(\d+)$/.exec(choice);
  if (span === null) {
    if (/^[A-Za-z0-9]+$/.test(choice)) return [choice];
    throw bad(part, `has ${JSON.stringify(choice)} in its brackets`);
  }
  const [, first = "", last = ""] = span;
  const width = first.startsWith("0") ? first.length : 0;
  return range(part, Number(first), Number(last)).map((number) => String(number).padStart(width, "0"));
}

function range(part: string, first: number, last: number): number[] {
  if (last < first) throw bad(part, "leads backwards");
  if (last - first >= mostHosts) throw bad(part, `names more than ${mostHosts} hosts`);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** A name, an IPv4 or an IPv6 address. */
function checked(host: string): string {
  if (/^[\d.]+$/.test(host) && !isIPv4(host)) throw bad(host, "is not an IPv4 address");
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(host)) return host;
  // An address with a zone (`%eth0`) means something on this computer alone.
  if (isIPv6(host) && !host.includes("%")) return host;
  throw bad(host, "is not the name or the address of a host");
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function bad(pattern: string, problem: string): HotsiteError {
  return new HotsiteError("bad-hosts", `${JSON.stringify(pattern)} ${problem}`, {
    hint: "write names, addresses, 10.0.0.[11-16], 10.0.0.11-10.0.0.16 or 10.0.0.0/28",
  });
}
