/** The states in which the old system's database is found, and the SQL files that lead to each. */

/**
 * a: before its masters were renamed (19 October 2025). b: after that (20 October 2025). c: after its races, runners and
 * results were renamed too (26 October 2025).
 */
export type Era = "a" | "b" | "c";

export const ERAS: readonly Era[] = ["a", "b", "c"];

/** Files of `tables/` that make the tables as the rows are written into them: with their first names. */
export function filesBeforeRows(era: Era): readonly string[] {
  const first = ["masters", "racing", "statistics", "odds", "history"];
  return era === "a" ? first : [...first, "second_columns"];
}

/** Files of `tables/` that make of them what the era has. */
export function filesAfterRows(era: Era): readonly string[] {
  if (era === "a") return ["keys"];
  const second = ["keys", "second_indexes", "second_renames"];
  return era === "b" ? second : [...second, "third"];
}

const MASTERS = [
  "bookmakers",
  "courses",
  "horses",
  "jockeys",
  "trainers",
  "owners",
  "regions",
  "sires",
  "dams",
  "damsires",
];
const RENAMED_LAST = ["races", "runners", "race_results"];

/** The name of a table in an era, by its first name. */
export function nameIn(era: Era, first: string): string {
  const kind = first.slice("ra_".length);
  const isRenamed = (era !== "a" && MASTERS.includes(kind)) || (era === "c" && RENAMED_LAST.includes(kind));
  return isRenamed ? `ra_mst_${kind}` : first;
}
