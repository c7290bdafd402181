import type { Sent } from "../values/missing.ts";

/** A row of an old table as the database sends it: columns that are null are not there. */
export type OldRow = Readonly<Record<string, unknown>>;

/** The old rows that a page is made of, by kind, as SQL's `engine.legacy_page` has them. */
export type OldTables = Readonly<Record<TableKind, readonly OldRow[]>>;

const KINDS = [
  "races",
  "known_races",
  "runners",
  "results",
  "runner_odds",
  "odds_live",
  "odds_history",
  "supplementary",
  "horses",
  "pedigree",
  "sires",
  "dams",
  "damsires",
  "jockeys",
  "trainers",
  "owners",
  "courses",
  "bookmakers",
] as const;
export type TableKind = (typeof KINDS)[number];

/** The rows in what the database answered; a kind that is not in it has none. */
export function oldTables(answer: unknown): OldTables {
  return Object.fromEntries(
    KINDS.map((kind) => {
      const rows: unknown = isRecord(answer) ? answer[kind] : undefined;
      return [kind, Array.isArray(rows) ? rows.filter(isRecord) : []];
    }),
  ) as unknown as OldTables;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of a column; null when the row has none, or one that is no scalar. */
export function column(row: OldRow | undefined, name: string): Sent {
  const value = row?.[name];
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

/** The first of several values that says something: missing text is '' more often than null there. */
export function first(...sent: readonly Sent[]): Sent {
  return sent.find((one) => one !== null && one !== undefined && one !== "") ?? null;
}

/** Rows by the text in a column. */
export function groupBy(rows: readonly OldRow[], name: string): ReadonlyMap<string, readonly OldRow[]> {
  const groups = new Map<string, OldRow[]>();
  for (const row of rows) {
    const key = String(column(row, name) ?? "");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/**
 * Copies of a row as one: the one written last, which has the greatest number; what it leaves out is taken from the one
 * before it. The others stay where they are, in legacy_data.
 */
export function lastWritten(copies: readonly OldRow[] | undefined): OldRow | undefined {
  if (copies === undefined || copies.length < 2) return copies?.[0];
  const inOrder = [...copies].sort((one, other) => Number(column(one, "id")) - Number(column(other, "id")));
  const merged: Record<string, unknown> = {};
  for (const row of inOrder) {
    for (const [name, value] of Object.entries(row)) if (value !== null && value !== "") merged[name] = value;
  }
  return merged;
}
