/** Calls `visit` for each value inside `value`, outermost first, with its path; what `visit` answers true for is not entered. */
export function walk(value: unknown, visit: (value: unknown, path: readonly string[]) => boolean): void {
  enter(value, [], visit);
}

function enter(
  value: unknown,
  path: readonly string[],
  visit: (value: unknown, path: readonly string[]) => boolean,
): void {
  if (visit(value, path) || typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) enter(inner, [...path, key], visit);
}
