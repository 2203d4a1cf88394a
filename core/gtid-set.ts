import { HotsiteError } from "./errors.ts";

/** Numbers of transactions, both ends included. */
export interface Interval {
  readonly first: bigint;
  readonly last: bigint;
}

/** How MySQL tells a position: of each server, and of each of its tags (`uuid:tag`), the numbers of its transactions, ascending and apart. */
export type GtidSet = ReadonlyMap<string, readonly Interval[]>;

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const tagPattern = /^[a-z_][a-z0-9_]{0,31}$/;
const intervalPattern = /^(\d+)(?:-(\d+))?$/;
/** Beyond it the server gives out no number. */
const highest = 2n ** 63n - 2n;

/** Reads `uuid:1-5:7,uuid:tag:1-3`, also with the tags behind their server's own numbers, as MySQL prints it. Throws `HotsiteError` "bad-position". */
export function parseSet(parts: readonly string[]): GtidSet {
  const set = new Map<string, readonly Interval[]>();
  for (const part of parts) {
    const [uuid = "", ...rest] = part.toLowerCase().split(":");
    let [origin, numbers] = [uuid, 0];
    for (const piece of rest) {
      if (tagPattern.test(piece)) origin = `${uuid}:${piece}`;
      else {
        set.set(origin, joinIntervals(set.get(origin) ?? [], [intervalOf(piece, part)]));
        numbers += 1;
      }
    }
    if (!uuidPattern.test(uuid) || numbers === 0) throw notOne(part);
  }
  return set;
}

export function formatSet(set: GtidSet): string {
  return [...set.keys()]
    .sort()
    .map((origin) => [origin, ...(set.get(origin) ?? []).map(intervalText)].join(":"))
    .join(",");
}

/** With one more transaction: `uuid:7` or `uuid:tag:7`. */
export function withSetGtid(set: GtidSet, gtid: string): GtidSet {
  const colon = gtid.lastIndexOf(":");
  const [origin, number] = [gtid.slice(0, colon), intervalOf(gtid.slice(colon + 1), gtid)];
  const known = set.get(origin) ?? [];
  const last = known.at(-1);
  const joined =
    last === undefined || last.last < number.first
      ? appended(known, last, number)
      : joinIntervals(known, [number]);
  return new Map(set).set(origin, joined);
}

/** Everything of both. */
export function joinSets(a: GtidSet, b: GtidSet): GtidSet {
  const joined = new Map(a);
  for (const [origin, intervals] of b) joined.set(origin, joinIntervals(joined.get(origin) ?? [], intervals));
  return joined;
}

/** What of `a` is not in `b`. */
export function subtractSets(a: GtidSet, b: GtidSet): GtidSet {
  const left = [...a].map(([origin, intervals]) => [origin, cut(intervals, b.get(origin) ?? [])] as const);
  return new Map(left.filter(([, intervals]) => intervals.length > 0));
}

/** Whether everything of `part` is in `whole`. */
export function includesSet(whole: GtidSet, part: GtidSet): boolean {
  return subtractSets(part, whole).size === 0;
}

/** The common case: the next number, or one after a gap. */
function appended(
  known: readonly Interval[],
  last: Interval | undefined,
  number: Interval,
): readonly Interval[] {
  if (last?.last !== number.first - 1n) return [...known, number];
  return [...known.slice(0, -1), { first: last.first, last: number.last }];
}

function joinIntervals(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const joined: Interval[] = [];
  for (const each of [...a, ...b].sort(ascending)) {
    const before = joined.at(-1);
    if (before === undefined || each.first > before.last + 1n) joined.push(each);
    else if (each.last > before.last) joined.splice(-1, 1, { first: before.first, last: each.last });
  }
  return joined;
}

function cut(from: readonly Interval[], away: readonly Interval[]): readonly Interval[] {
  return away.reduce<readonly Interval[]>(
    (left, { first, last }) =>
      left.flatMap((each) =>
        each.last < first || each.first > last
          ? [each]
          : [
              ...(each.first < first ? [{ first: each.first, last: first - 1n }] : []),
              ...(each.last > last ? [{ first: last + 1n, last: each.last }] : []),
            ],
      ),
    from,
  );
}

function ascending(a: Interval, b: Interval): number {
  return a.first < b.first ? -1 : a.first > b.first ? 1 : 0;
}

function intervalOf(text: string, gtid: string): Interval {
  const match = intervalPattern.exec(text);
  if (match === null) throw notOne(gtid);
  const first = BigInt(match[1] ?? "");
  const last = BigInt(match[2] ?? match[1] ?? "");
  if (first < 1n || last < first || last > highest) throw notOne(gtid);
  return { first, last };
}

function intervalText({ first, last }: Interval): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function notOne(text: string): HotsiteError {
  return new HotsiteError("bad-position", `not a MySQL GTID: ${text}`);
}
