/** The value below which such a share of the values lies, by the nearest rank; null without values. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** The most of these moments, in any order, that lie within a span: half-open, so that one a span later is not in it. */
export function mostWithin(moments: readonly number[], span: number): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  sorted.forEach((moment, nth) => {
    while ((sorted[first] ?? moment) <= moment - span) first++;
    most = Math.max(most, nth - first + 1);
  });
  return most;
}

/** What a feed of a fill asked for, and how fast its limits let it ask. */
export interface FeedCalls {
  readonly calls: number;
  readonly callsPerSecond: number;
}

/** The least seconds that the rate limits let a fill take: its feeds go side by side, within the account's own rate. */
export function fillFloor(feeds: readonly FeedCalls[], accountCallsPerSecond: number): number {
  const together = feeds.reduce((sum, { calls }) => sum + calls, 0) / accountCallsPerSecond;
  return Math.max(together, ...feeds.map(({ calls, callsPerSecond }) => calls / callsPerSecond));
}

/** How many times the baseline; null without one of them, or of nothing. */
export function ratio(value: number | null, baseline: number | null): number | null {
  return value === null || baseline === null || baseline === 0 ? null : value / baseline;
}

/** Three digits of it, or all in front of the point. */
export function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

/** Tables, each after those that it refers to; a table that refers to itself does not count. */
export function inOrderOfReferences(
  tables: readonly string[],
  references: readonly { readonly from: string; readonly to: string }[],
): string[] {
  const ordered: string[] = [];
  const left = new Set(tables);
  while (left.size > 0) {
    const free = [...left].filter((table) =>
      !references.some(({ from, to }) => from === table && to !== table && left.has(to))
    );
    if (free.length === 0) throw new Error(`These tables refer to each other: ${[...left].join(", ")}`);
    for (const table of free) {
      ordered.push(table);
      left.delete(table);
    }
  }
  return ordered;
}
