/**
 * Figures as text: quantiles, ratios, tables.
 *
 * @module
 */

/** The smallest sample that this part of them does not exceed; NaN of no samples. */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
}

/** The middle sample. */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** "1.66x". */
export function formatRatio(ours: number, reference: number): string {
  return Number.isFinite(ours / reference) ? `${(ours / reference).toFixed(2)}x` : "-";
}

/** "37.2": enough digits to compare by, none for show. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return value >= 1000 ? Math.round(value).toLocaleString("en-US") : value.toFixed(value >= 100 ? 0 : 1);
}

/** Rows under a head, the first column to the left, the others to the right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines.map((line) =>
    "  " + widths.map((width, column) => {
      const cell = line[column] ?? "";
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  ).join("\n");
}
