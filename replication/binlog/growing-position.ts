import { joinPositions, parsePosition, withGtid, type GtidPosition } from "../../core/position.ts";
import type { GtidEvent } from "./gtid.ts";

/** Neighbouring numbers of one origin of MySQL. */
interface Range {
  readonly first: number | bigint;
  last: number | bigint;
}

/** A position that grows by single transactions: they are gathered, and joined to it when somebody asks. */
export class GrowingPosition {
  #position: GtidPosition;
  /** Of a domain of MariaDB the last transaction says it all. */
  readonly #domains = new Map<number, string>();
  readonly #ranges = new Map<string, Range[]>();

  constructor(position: GtidPosition) {
    this.#position = position;
  }

  add({ origin, gtid, sequence }: GtidEvent): void {
    if (typeof origin === "number") {
      this.#domains.set(origin, gtid);
      return;
    }
    const ranges = this.#ranges.get(origin);
    const newest = ranges?.at(-1);
    if (ranges === undefined) this.#ranges.set(origin, [{ first: sequence, last: sequence }]);
    else if (newest !== undefined && follows(newest.last, sequence)) newest.last = sequence;
    else ranges.push({ first: sequence, last: sequence });
  }

  get whole(): GtidPosition {
    for (const gtid of this.#domains.values()) this.#position = withGtid(this.#position, gtid);
    const sets = [...this.#ranges].map(([origin, ranges]) => `${origin}:${ranges.map(textOf).join(":")}`);
    if (sets.length > 0) this.#position = joinPositions(this.#position, parsePosition(sets.join(",")));
    this.#domains.clear();
    this.#ranges.clear();
    return this.#position;
  }
}

/** Large ones make ranges of their own, which is as right. */
function follows(last: number | bigint, sequence: number | bigint): boolean {
  return typeof last === "number" && sequence === last + 1;
}

function textOf({ first, last }: Range): string {
  return `${first}-${last}`;
}
