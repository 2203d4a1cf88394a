import { HotsiteError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";

/** The one of `known` that was named. Throws `HotsiteError` "usage" that lists them, with the one that was probably meant. */
export function oneOf(known: readonly string[], name: string, kind: string): string {
  if (known.includes(name)) return name;
  throw new HotsiteError("usage", `there is no ${kind} ${name}${suggestion(name, known)}`, {
    hint: known.length === 0 ? `there is no ${kind} at all yet` : `known: ${known.join(", ")}`,
  });
}
