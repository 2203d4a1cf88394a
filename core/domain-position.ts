import { HotsiteError } from "./errors.ts";

/** The last transaction of one MariaDB GTID domain. */
export interface DomainPosition {
  readonly server: number;
  readonly sequence: bigint;
}

/** How MariaDB tells a position: per domain the last transaction. */
export type DomainPositions = ReadonlyMap<number, DomainPosition>;

/** Reads `0-101-48211,1-102-7`; of one domain the highest number counts. Throws `HotsiteError` "bad-position". */
export function parseDomains(parts: readonly string[]): DomainPositions {
  return parts.reduce(withDomainGtid, new Map<number, DomainPosition>());
}

export function formatDomains(domains: DomainPositions): string {
  return [...domains]
    .sort(([a], [b]) => a - b)
    .map(([domain, { server, sequence }]) => `${domain}-${server}-${sequence}`)
    .join(",");
}

/** With one more transaction, `domain-server-sequence`. */
export function withDomainGtid(domains: DomainPositions, gtid: string): DomainPositions {
  const match = /^(\d+)-(\d+)-(\d+)$/.exec(gtid);
  if (match === null) throw new HotsiteError("bad-position", `not a MariaDB GTID: ${gtid}`);
  const [domain, server, sequence] = [Number(match[1]), Number(match[2]), BigInt(match[3] ?? "")];
  return joinDomains(domains, new Map([[domain, { server, sequence }]]));
}

/** Everything of both. */
export function joinDomains(a: DomainPositions, b: DomainPositions): DomainPositions {
  const joined = new Map(a);
  for (const [domain, at] of b) {
    const known = joined.get(domain);
    if (known === undefined || known.sequence < at.sequence) joined.set(domain, at);
  }
  return joined;
}

/** Whether everything of `part` is in `whole`; the same number by another server is another history. */
export function includesDomains(whole: DomainPositions, part: DomainPositions): boolean {
  return [...part].every(([domain, { server, sequence }]) => {
    const held = whole.get(domain);
    return (
      held !== undefined &&
      (held.sequence > sequence || (held.sequence === sequence && held.server === server))
    );
  });
}
