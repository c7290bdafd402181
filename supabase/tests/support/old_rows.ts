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

/** `row`: the old row; `result`: that of the same run among the results, if there is one. */
type Rule = (old: unknown, now: unknown, row: OldRow, result: OldRow | undefined) => boolean;

const withoutRegion: Rule = (old, now) => now === String(old).replace(/ ?\([A-Z]{2,3}\)$/, "");
const withoutClaim: Rule = (old, now, row, result) =>
  isNobody(row)
    ? now === null
    : now === String(old).replace(/\(\d+\)$/, "") || now === result?.["jockey_name"];
const isNobody = (row: OldRow) => row["jockey_id"] === "jky_224913" || row["id"] === "jky_224913";
const clockOf24Hours: Rule = (old, now) =>
  Number(String(old).slice(0, 2)) + 12 === Number(String(now).slice(0, 2)) &&
  String(old).slice(2) === String(now).slice(2);
const isLater: Rule = (old, now) => String(now) > String(old);

/** Differences that docs/taking_over.md says, by column: of one table, or of all. */
const DOCUMENTED: Readonly<Record<string, Rule>> = {
  updated_at: isLater,
  name: withoutRegion,
  horse_name: withoutRegion,
  course_name: withoutRegion,
  ...{ sire: withoutRegion, dam: withoutRegion, damsire: withoutRegion },
  "ra_mst_jockeys.name": withoutClaim,
  jockey_name: withoutClaim,
  jockey_id: (_old, now, row, result) => isNobody(row) ? now === null : now === result?.["jockey_id"],
  "ra_runners.is_scratched": (_old, now, row) => now === true && (isNobody(row) || row["number"] === "NR"),
  draw: (old, now) => old === "0" && now === "",
  "ra_mst_horses.age": (old, now) => Number(now) > Number(old),
  "ra_races.off_time": clockOf24Hours,
  "ra_races.time": clockOf24Hours,
  "ra_races.distance": (old, now) => /^[\d.]+$/.test(String(old)) && /^\d[\dmf½y]*$/.test(String(now)),
  "ra_races.distance_f": (old, now) => /^\d[\dmf½y]*$/.test(String(old)) && /^[\d.]+f$/.test(String(now)),
  // Yards and half furlongs were dropped from it.
  "ra_races.distance_m": (old, now) => Math.abs(Number(old) - Number(now)) < 220,
};

/** What the old row lacked, ours may know. */
const isFilled: Rule = (old, now) => (old === null || old === "") && now !== null && now !== "";

/** Each difference that is not documented, once a column, with an example; and each row that is gone. */
export function differencesOf(before: OldRows, after: OldRows): string[] {
  const found = new Map<string, string>();
  const runOf = (row: OldRow) => `${row["race_id"]} ${row["horse_id"]}`;
  const results = lastWritten(before.get("ra_race_results") ?? [], runOf);
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
        const result = results.get(runOf(old));
        if (!isFilled(value, row[column], old, result) && rule?.(value, row[column], old, result) !== true) {
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
