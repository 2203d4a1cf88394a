/** A stretch of a text and what stands there instead. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with each stretch replaced; one stretch is replaced once. */
export function edited(text: string, edits: readonly Edit[]): string {
  const ordered = [...new Map(edits.map((edit) => [edit.start, edit])).values()].sort(
    (a, b) => b.start - a.start,
  );
  return ordered.reduce(
    (left, { start, end, text: put }) => left.slice(0, start) + put + left.slice(end),
    text,
  );
}
