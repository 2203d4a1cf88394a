/** A site's machines fit into 251 addresses: the cloud keeps five of each subnet. */
const siteBits = 24;

/** The first range for one more site inside `whole` that overlaps none of `taken`; undefined when there is none. */
export function freeSubnet(whole: string, taken: readonly string[]): string | undefined {
  const { start, bits } = rangeOf(whole);
  const wanted = Math.max(bits, siteBits);
  const size = 2 ** (32 - wanted);
  const used = taken.map(rangeOf);
  for (let at = start; at < start + 2 ** (32 - bits); at += size) {
    if (!used.some((other) => at < other.start + 2 ** (32 - other.bits) && other.start < at + size))
      return `${dotted(at)}/${wanted}`;
  }
  return undefined;
}

function rangeOf(cidr: string): { readonly start: number; readonly bits: number } {
  const [address = "", bits = "32"] = cidr.split("/");
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return { start: Math.floor(value / size) * size, bits: Number(bits) };
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
