/** The rows under the old system's names, and how they may differ once ours have them: docs/taking_over.md. */

import type { Sql } from "../../../scripts/lab/platform/database.ts";

type OldRow = Readonly<Record<string, unknown>>;

/** The rows of each name, in the order in which they were written. */
export type OldRows = ReadonlyMap<string, readonly OldRow[]>;

export async function readOldRows(sql: Sql, schema: string, names: readonly string[]): Promise<OldRows> {
  const found = new Map<string, OldRow[]>();
  for (const name of names) {
    const rows = await sql.unsafe<{ row: OldRow }[]>(
      `select to_jsonb(one) as row from ${schema}.${name} as one`,
    );
    found.set(name, rows.map(({ row }) => row));
  }
  return found;
}

/** Of the tables that ours have rows of: by which columns a row is known. Others are compared as a whole. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  ra_mst_regions: ["code"],
  ...Object.fromEntries(
    ["courses", "sires", "dams", "damsires", "horses", "jockeys", "trainers", "owners"]
      .map((kind) => [`ra_mst_${kind}`, ["id"]]),
  ),
  ra_mst_bookmakers: ["id"],
  ra_horse_pedigree: ["horse_id"],
  ra_races: ["id"],
  ra_runners: ["race_id", "horse_id"],
  ra_race_results: ["race_id", "horse_id"],
  ra_runner_odds: ["race_id", "horse_id", "bookmaker_id"],
};

type Rule = (old: unknown, now: unknown, row: OldRow) => boolean;

/** Differences that are documented, by column, of one table or of all. */
const DOCUMENTED: Readonly<Record<string, Rule>> = {};

/** Each difference that is not documented, once a column, with an example; and each row that is gone. */
export function differencesOf(before: OldRows, after: OldRows): string[] {
  const found = new Map<string, string>();
  for (const [name, rows] of before) {
    const now = after.get(name) ?? [];
    const key = KEYS[name];
    if (key === undefined) {
      if (textOf(rows) !== textOf(now)) found.set(name, `${name} has other rows`);
      continue;
    }
    const keyOf = (row: OldRow) => key.map((column) => row[column]).join(" ");
    const known = new Map(now.map((row) => [keyOf(row), row]));
    for (const [id, old] of lastWritten(rows, keyOf)) {
      const row = known.get(id);
      if (row === undefined) {
        found.set(`${name} rows`, `${name} lacks ${id}`);
        continue;
      }
      for (const [column, value] of Object.entries(old)) {
        if (textOf(value) === textOf(row[column])) continue;
        const rule = DOCUMENTED[`${name}.${column}`] ?? DOCUMENTED[column];
        if (rule?.(value, row[column], old) !== true) {
          found.set(
            `${name}.${column}`,
            `${name}.${column} of ${id}: ${textOf(value)} became ${textOf(row[column])}`,
          );
        }
      }
    }
  }
  return [...found.values()];
}

const textOf = (value: unknown): string =>
  Array.isArray(value)
    ? value.map((one) => JSON.stringify(one)).toSorted().join("\n")
    : JSON.stringify(value);

/** Of several rows with a key the last one; what it leaves out, from the one before it. */
function lastWritten(rows: readonly OldRow[], keyOf: (row: OldRow) => string): Map<string, OldRow> {
  const last = new Map<string, OldRow>();
  for (const row of rows.toSorted((one, other) => Number(one["id"] ?? 0) - Number(other["id"] ?? 0))) {
    const filled = Object.entries(row).filter(([, value]) => value !== null && value !== "");
    const earlier = last.get(keyOf(row));
    last.set(keyOf(row), earlier === undefined ? row : { ...earlier, ...Object.fromEntries(filled) });
  }
  return last;
}
