import { HotsiteError } from "../core/errors.ts";

/** `text` as exactly one word of a POSIX shell. Every argument of every command goes through here. */
export function quote(text: string): string {
  if (text.includes("\0")) {
    throw new HotsiteError(
      "bad-argument",
      "an argument holds a NUL character, which no program can receive",
      {
        hint: "take the character out of the value in the config",
      },
    );
  }
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
