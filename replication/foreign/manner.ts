import { after, upper, type Piece } from "./pieces.ts";

/** How a server is to change a table, and who may use it meanwhile. Each kind can do other changes in each way, and what comes of it is the same. */
const manners: Readonly<Record<string, ReadonlySet<string>>> = {
  ALGORITHM: new Set(["DEFAULT", "INPLACE", "COPY", "INSTANT", "NOCOPY"]),
  LOCK: new Set(["DEFAULT", "NONE", "SHARED", "EXCLUSIVE"]),
};

/** The statement without ALGORITHM=… and LOCK=…, each with one comma beside it. */
export function withoutManner(pieces: readonly Piece[]): readonly Piece[] {
  let kept: Piece[] = [];
  for (let place = 0; place < pieces.length; place += 1) {
    const end = endOfManner(pieces, place);
    const piece = pieces[place];
    if (end === undefined) {
      if (piece !== undefined) kept.push(piece);
      continue;
    }
    const before = kept.findLastIndex(({ kind }) => kind !== "space" && kind !== "comment");
    const next = after(pieces, end);
    const ends = kept[before]?.text === ",";
    if (ends) kept = kept.slice(0, before);
    // The first of several: what follows it begins the list.
    place = !ends && pieces[next]?.text === "," ? next : end;
  }
  return kept;
}

/** Place of its last piece when one begins here. */
function endOfManner(pieces: readonly Piece[], place: number): number | undefined {
  const values = pieces[place]?.kind === "word" ? manners[upper(pieces[place])] : undefined;
  if (values === undefined) return undefined;
  const next = after(pieces, place);
  const value = pieces[next]?.text === "=" ? after(pieces, next) : next;
  return values.has(upper(pieces[value])) ? value : undefined;
}
