/** A string as SQL; for a session without NO_BACKSLASH_ESCAPES. */
export function quoteString(text: string): string {
  return `'${text.replaceAll(/[\\'\0]/g, escapeOf)}'`;
}

/** A name as SQL. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

function escapeOf(character: string): string {
  return character === "\0" ? String.raw`\0` : `\\${character}`;
}
