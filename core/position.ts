import {
  formatDomains,
  includesDomains,
  joinDomains,
  parseDomains,
  withDomainGtid,
  type DomainPositions,
} from "./domain-position.ts";
import { HotsiteError } from "./errors.ts";
import {
  formatSet,
  includesSet,
  joinSets,
  parseSet,
  subtractSets,
  withSetGtid,
  type GtidSet,
} from "./gtid-set.ts";

/** How two positions lie to each other. */
export type PositionOrder = "behind" | "equal" | "ahead" | "diverged";

/**
 * Everything that a server has, in the form of its kind: MariaDB's `0-101-48211,1-102-7` or MySQL's `uuid:1-5:7,uuid:tag:1-3`. The empty
 * text is the empty position of either. It is stored and journaled as text.
 */
export type GtidPosition =
  | { readonly form: "mariadb"; readonly domains: DomainPositions }
  | { readonly form: "mysql"; readonly set: GtidSet }
  | { readonly form: "empty" };

/** Whose writes: MariaDB's GTID domain, or MySQL's server UUID. */
export type Origin = number | string;

const empty: GtidPosition = { form: "empty" };

/** Throws `HotsiteError` "bad-position" on what is no position, and on a mixture of both forms. */
export function parsePosition(text: string): GtidPosition {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (parts.length === 0) return empty;
  return parts[0]?.includes(":") === true ? ofSet(parseSet(parts)) : ofDomains(parseDomains(parts));
}

export function formatPosition(position: GtidPosition): string {
  switch (position.form) {
    case "mariadb":
      return formatDomains(position.domains);
    case "mysql":
      return formatSet(position.set);
    case "empty":
      return "";
  }
}

/** How `a` lies to `b`. Of MariaDB the same number by two servers of one domain is `diverged`: two histories exist. */
export function comparePositions(a: GtidPosition, b: GtidPosition): PositionOrder {
  const [ahead, behind] = [includesPosition(a, b), includesPosition(b, a)];
  if (ahead && behind) return "equal";
  return ahead ? "ahead" : behind ? "behind" : "diverged";
}

/** Whether everything in `part` is in `whole`. */
export function includesPosition(whole: GtidPosition, part: GtidPosition): boolean {
  return either(whole, part, includesDomains, includesSet);
}

/** Everything of both. */
export function joinPositions(a: GtidPosition, b: GtidPosition): GtidPosition {
  return either<GtidPosition>(
    ...[a, b],
    (x, y) => ofDomains(joinDomains(x, y)),
    (x, y) => ofSet(joinSets(x, y)),
  );
}

/** What of `a` is not in `b`; of a MariaDB domain the last transaction stands for what is missing. */
export function subtractPosition(a: GtidPosition, b: GtidPosition): GtidPosition {
  return either<GtidPosition>(
    ...[a, b],
    (x, y) => ofDomains(new Map([...x].filter((each) => !includesDomains(y, new Map([each]))))),
    (x, y) => ofSet(subtractSets(x, y)),
  );
}

/** How many transactions `a` has that `b` has not; of a MariaDB domain all numbers in between count as some. */
export function transactionsBetween(a: GtidPosition, b: GtidPosition): number {
  return either(
    ...[a, b],
    (x, y) => {
      const missing = [...x].map(([domain, { sequence }]) => sequence - (y.get(domain)?.sequence ?? 0n));
      return missing.reduce((sum, count) => sum + Math.max(0, Number(count)), 0);
    },
    (x, y) => {
      const missing = [...subtractSets(x, y).values()].flat();
      return missing.reduce((sum, { first, last }) => sum + Number(last - first) + 1, 0);
    },
  );
}

/** With one more transaction: `domain-server-sequence`, `uuid:7`, `uuid:tag:7`. */
export function withGtid(position: GtidPosition, gtid: string): GtidPosition {
  if (position.form === "empty") return parsePosition(gtid);
  return position.form === "mysql"
    ? ofSet(withSetGtid(position.set, gtid))
    : ofDomains(withDomainGtid(position.domains, gtid));
}

/** The part of a position that one origin has written itself. Of a MySQL server all tags belong to it. */
export function ofOrigin(position: GtidPosition, origin: Origin): GtidPosition {
  switch (position.form) {
    case "mariadb":
      return ofDomains(new Map([...position.domains].filter(([domain]) => domain === origin)));
    case "mysql":
      return ofSet(new Map([...position.set].filter(([name]) => isOfOrigin(name, origin))));
    case "empty":
      return empty;
  }
}

/** Whose transaction it is. */
export function originOf(gtid: string): Origin {
  return gtid.includes(":") ? (gtid.split(":", 1)[0] ?? "") : Number(gtid.split("-", 1)[0]);
}

/** Whether what a domain, a MySQL server or a tag of it (`uuid:tag`) writes counts as this origin's. */
export function isOfOrigin(name: Origin, origin: Origin): boolean {
  if (typeof name === "number") return name === origin;
  const tag = name.indexOf(":");
  return (tag < 0 ? name : name.slice(0, tag)) === origin;
}

function ofDomains(domains: DomainPositions): GtidPosition {
  return domains.size === 0 ? empty : { form: "mariadb", domains };
}

function ofSet(set: GtidSet): GtidPosition {
  return set.size === 0 ? empty : { form: "mysql", set };
}

/** Works on both in the form that they have. Throws `HotsiteError` "mixed-positions" when they have two. */
function either<T>(
  a: GtidPosition,
  b: GtidPosition,
  domains: (a: DomainPositions, b: DomainPositions) => T,
  sets: (a: GtidSet, b: GtidSet) => T,
): T {
  if (a.form !== "mysql" && b.form !== "mysql")
    return domains(
      a.form === "mariadb" ? a.domains : new Map<never, never>(),
      b.form === "mariadb" ? b.domains : new Map<never, never>(),
    );
  if (a.form === "mariadb" || b.form === "mariadb") {
    throw new HotsiteError(
      "mixed-positions",
      `a MariaDB position and a MySQL one cannot be compared: ${formatPosition(a)} and ${formatPosition(b)}`,
    );
  }
  return sets(
    a.form === "mysql" ? a.set : new Map<never, never>(),
    b.form === "mysql" ? b.set : new Map<never, never>(),
  );
}
