/** Rows under a header, in columns as wide as they need; the last one is not padded. An empty cell shows as –. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows.map((row) => header.map((_, column) => shown(row[column])))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function shown(cell: string | undefined): string {
  return cell === undefined || cell === "" ? "–" : cell;
}
