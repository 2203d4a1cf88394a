import type { Versioned } from "../core/store.ts";

/** What differs between two lists of the same keys, in the order of writing; a deleted key comes last, at revision 0 without a value. */
export function changesBetween(
  before: readonly Versioned[],
  now: readonly Versioned[],
): readonly Versioned[] {
  const revisions = new Map(before.map(({ key, revision }) => [key, revision]));
  const changed = now.filter(({ key, revision }) => revisions.get(key) !== revision);
  const present = new Set(now.map(({ key }) => key));
  const deleted = before.filter(({ key }) => !present.has(key));
  return [
    ...changed.toSorted((one, other) => one.revision - other.revision),
    ...deleted.map(({ key }) => ({ key, value: undefined, revision: 0 })),
  ];
}
