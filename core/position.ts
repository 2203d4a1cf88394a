import { HotsiteError } from "./errors.ts";

/** How two positions lie to each other. */
export type PositionOrder = "behind" | "equal" | "ahead" | "diverged";

/** The last transaction of one MariaDB GTID domain. */
export interface DomainPosition {
  readonly server: number;
  readonly sequence: bigint;
}

/** A MariaDB GTID position: per domain the last transaction. */
export type GtidPosition = ReadonlyMap<number, DomainPosition>;

/** Reads `0-101-48211,1-102-7`; the empty text is the empty position. Throws `HotsiteError` "bad-position". */
export function parsePosition(text: string): GtidPosition {
  const position = new Map<number, DomainPosition>();
  for (const part of text.split(",").map((piece) => piece.trim())) {
    if (part === "") continue;
    const match = /^(\d+)-(\d+)-(\d+)$/.exec(part);
    if (match === null) throw new HotsiteError("bad-position", `not a MariaDB GTID: ${part}`);
    const [domain, server, sequence] = [Number(match[1]), Number(match[2]), BigInt(match[3] ?? "")];
    const known = position.get(domain);
    if (known === undefined || known.sequence < sequence) position.set(domain, { server, sequence });
  }
  return position;
}

export function formatPosition(position: GtidPosition): string {
  return [...position]
    .sort(([a], [b]) => a - b)
    .map(([domain, { server, sequence }]) => `${domain}-${server}-${sequence}`)
    .join(",");
}

/** How `a` lies to `b`. The same sequence number by two servers of one domain is `diverged`: two histories exist. */
export function comparePositions(a: GtidPosition, b: GtidPosition): PositionOrder {
  let [behind, ahead] = [false, false];
  for (const domain of new Set([...a.keys(), ...b.keys()])) {
    const [mine, other] = [a.get(domain), b.get(domain)];
    if (mine === undefined) behind = true;
    else if (other === undefined) ahead = true;
    else if (mine.sequence < other.sequence) behind = true;
    else if (mine.sequence > other.sequence) ahead = true;
    else if (mine.server !== other.server) return "diverged";
  }
  if (behind && ahead) return "diverged";
  return behind ? "behind" : ahead ? "ahead" : "equal";
}

/** Whether everything in `part` is in `whole`. */
export function includesPosition(whole: GtidPosition, part: GtidPosition): boolean {
  return [...part].every(([domain, { server, sequence }]) => {
    const held = whole.get(domain);
    return (
      held !== undefined &&
      (held.sequence > sequence || (held.sequence === sequence && held.server === server))
    );
  });
}

/** The part of a position that belongs to one domain: what one site itself has written. */
export function inDomain(position: GtidPosition, domain: number): GtidPosition {
  const own = position.get(domain);
  return new Map(own === undefined ? [] : [[domain, own]]);
}
