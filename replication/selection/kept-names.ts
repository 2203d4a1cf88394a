import type { Deed, NamedObject } from "../binlog/statement-names.ts";
import { byHand, newCopy, stop, tableOf, type Said } from "./said.ts";
import type { Selection } from "./selection.ts";

const programs = new Set(["PROCEDURE", "FUNCTION", "EVENT", "PACKAGE", "PACKAGE BODY"]);

/** The names of the deed that are carried; undefined when none is. Throws when the deed moves something over the border. */
export function keptNames(said: Said, deed: Deed, selection: Selection): readonly NamedObject[] | undefined {
  const { verb, kind, names } = deed;
  const [first, second] = names;
  if (first === undefined || kind === "DATABASE") return names;
  if (kind === "TRIGGER") {
    const table = second === undefined || selection.hasTable(tableOf(second));
    return table && selection.hasProgram(tableOf(first)) ? names : undefined;
  }
  const has = (name: NamedObject): boolean =>
    programs.has(kind) ? selection.hasProgram(tableOf(name)) : selection.hasTable(tableOf(name));
  if (verb === "RENAME") requireWholePairs(said, names, has);
  const kept = names.filter(has);
  if (kept.length === names.length) return names;
  if (kept.length === 0 || (verb === "CREATE" && !has(first))) return undefined;
  if (verb === "DROP" || verb === "RENAME") return kept;
  throw stop(said, "it moves between a table that is replicated and one that is left out", byHand);
}

/** A table that is renamed to the other side of the border would bring rows with it that nobody wanted there, or leave some behind. */
function requireWholePairs(
  said: Said,
  names: readonly NamedObject[],
  has: (name: NamedObject) => boolean,
): void {
  names.forEach((name, place) => {
    const from = place % 2 === 1 ? names[place - 1] : undefined;
    if (from === undefined || has(from) === has(name)) return;
    throw stop(
      said,
      has(name)
        ? `it gives a table that is left out the name ${name.name}, which is replicated`
        : `it gives a replicated table the name ${name.name}, which is left out`,
      newCopy,
    );
  });
}

/** Left out by name; or not among what is named, where it is certain that a table is meant. */
export function isLeftOut(name: NamedObject, { kind }: Deed, selection: Selection): boolean {
  const table = tableOf(name);
  return selection.excludes(table) || ((kind === "TABLE" || name.length > 1) && selection.isBehind(table));
}
