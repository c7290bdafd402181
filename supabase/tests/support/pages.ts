import type { JSONValue } from "postgres";

type Row = Record<string, JSONValue>;

/** A page for `ingest_page`, with every list empty unless given. */
export function page(
  cursor: {
    readonly before: readonly [string | null, number];
    readonly after: readonly [string | null, number];
  },
  parts: Row = {},
): Row {
  return {
    cursor_before: { day: cursor.before[0], skip: cursor.before[1] },
    cursor_after: { day: cursor.after[0], skip: cursor.after[1] },
    api_total: 0,
    api_calls: 1,
    regions: [],
    courses: [{ id: "crs_1", name: "Upper Sandbury", region_code: "gb", is_listed: false }],
    bookmakers: [],
    sires: [],
    dams: [],
    damsires: [],
    horses: [],
    jockeys: [],
    trainers: [],
    owners: [],
    races: [],
    runners: [],
    rejects: [],
    unknown_fields: [],
    ...parts,
  };
}

/** A race as a card brings it. */
export function cardRace(id: string, columns: Row = {}): Row {
  return {
    id,
    course_id: "crs_1",
    region_code: "gb",
    race_date: "2026-06-01",
    race_name: "The Lamplighter Handicap",
    going: "Good",
    prize_amount: 4606,
    prize_currency: "GBP",
    has_card: true,
    has_result: false,
    ...columns,
  };
}

/** A race as a result brings it. */
export function resultRace(id: string, columns: Row = {}): Row {
  return {
    id,
    course_id: "crs_1",
    region_code: "gb",
    race_date: "2026-06-01",
    race_name: "The Lamplighter Handicap",
    going: "Good To Firm",
    tote_win: "£3.25",
    has_card: false,
    has_result: true,
    ...columns,
  };
}

/** A horse as a card brings it. */
export function horse(id: string, columns: Row = {}): Row {
  return { id, name: `Horse ${id}`, last_seen_on: "2026-06-01", ...columns };
}

/** A runner as a card brings it. */
export function cardRunner(race: string, horseId: string, columns: Row = {}): Row {
  return { race_id: race, horse_id: horseId, number: 1, has_card: true, has_result: false, ...columns };
}

/** A runner as a result brings it. */
export function resultRunner(race: string, horseId: string, columns: Row = {}): Row {
  return {
    race_id: race,
    horse_id: horseId,
    number: 1,
    position: 1,
    has_card: false,
    has_result: true,
    ...columns,
  };
}
