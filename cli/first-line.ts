/** The first line of a message, where there is room for one; the whole of it comes with the verdict. */
export function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
