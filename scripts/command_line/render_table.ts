/** Rows as a table of plain text: numbers to the right, everything else to the left; "none" without rows. */
export function renderTable(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const [first] = rows;
  if (first === undefined) return "none";
  const columns = Object.keys(first);
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? "-")))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  // The first row may lack a figure.
  const isFigure = columns.map((column) => rows.some((row) => typeof row[column] === "number"));
  return lines.map((line) =>
    line.map((cell, index) => {
      const width = widths[index] ?? 0;
      return isFigure[index] ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd()
  ).join("\n");
}
