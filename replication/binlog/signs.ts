import { isAtLeast, type ServerVersion } from "../flavour.ts";
import type { ColumnFormat } from "./columns.ts";
import { unsupported } from "./reader.ts";

/**
 * Places of the columns without a sign. A bit for each number tells it, the first in the highest bit. Early versions of MySQL 8 have none
 * for a YEAR: measured so at 8.0.15, and otherwise at 9.7 and MariaDB; in between it is not known when that changed. `writer`: what wrote the
 * binlog. Throws "unsupported-event" where that makes a difference that nothing decides.
 */
export function unsignedPlaces(
  signs: Buffer,
  formats: readonly ColumnFormat[],
  writer: ServerVersion | undefined,
): ReadonlySet<number> {
  const numbers = formats.flatMap(({ numeric }, place) => (numeric ? [place] : []));
  const withoutYears = numbers.filter((place) => formats[place]?.type !== "year");
  const [newer, older] = [numbers, withoutYears].map((places) => setPlaces(signs, places, formats));
  if (newer === undefined || older === undefined || same(newer, older)) return newer ?? new Set();
  if (writer?.flavour !== "mysql" || isAtLeast(writer, 8, 0, 24)) return newer;
  if (!isAtLeast(writer, 8, 0, 16)) return older;
  const [long, short] = [bytesFor(numbers), bytesFor(withoutYears)];
  if (long !== short) return signs.length === long ? newer : older;
  throw unsupported(
    `a table with a YEAR before other numbers, as MySQL ${writer.text} describes it`,
    "use MySQL 8.0.24 or newer as the source, or make the column a SMALLINT",
  );
}

/** A YEAR has none, whatever is said of it. */
function setPlaces(
  signs: Buffer,
  places: readonly number[],
  formats: readonly ColumnFormat[],
): ReadonlySet<number> {
  const set = places.filter((_, index) => (((signs[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) === 1);
  return new Set(set.filter((place) => formats[place]?.type !== "year"));
}

function same(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((place) => b.has(place));
}

function bytesFor(places: readonly number[]): number {
  return (places.length + 7) >> 3;
}
