import { Random } from "../../../../scripts/lab/racing_api/generator/random.ts";
import { dateOf, dayOf, londonInstant } from "../../../../scripts/lab/racing_api/london.ts";
import type { Sql } from "../../../../scripts/lab/platform/database.ts";

type Row = Record<string, unknown>;

/** Rows for the racing tables. */
export interface SmallWorld {
  readonly masters: Readonly<Record<string, readonly Row[]>>;
  readonly races: readonly Row[];
  readonly runners: readonly Row[];
}

const FIRST_DAY = dayOf("2026-03-20");
/** Over a change of clocks, because days begin at midnight in London. */
const DAYS = 45;
const HORSES = 22;
const NOBODY = "Nobody In Particular";
const CODES = ["PU", "F", "UR", "BD", "RO", "RR", "SU", "REF", "DSQ", "LFT", "CO"];
const NAMES = [
  "The Lamplighter Handicap",
  "The Inkwell Non-Handicap Hurdle",
  "The Nib Stakes (Heritage Handicap)",
  "The Quill Maiden Stakes",
  "The Blotter Nursery (Div I)",
  null,
];

/**
 * A few horses that meet often, in races that have everything that is rare: dead heats, void races, disqualified horses,
 * non-runners, reserves, walkovers, races without prices or off times, two races of a horse on a day, and at one time.
 */
export function smallWorld(seed: number, races = 150): SmallWorld {
  const random = new Random(`small world ${seed}`);
  const seen = { last_seen_on: "2026-05-31" };
  const people = (prefix: string, count: number) =>
    Array.from(
      { length: count },
      // One is also sent without an id.
      (_, n) => ({ id: `${prefix}_${n}`, name: n === 0 ? NOBODY : `${prefix} number ${n}`, ...seen }),
    );
  const parents = (prefix: string, count: number) =>
    people(prefix, count).map((row, n) => ({ ...row, horse_id: `hrs_${n}` }));
  const masters = {
    ra_mst_courses: ["crs_0", "crs_1", "crs_2"].map((id) => ({ id, name: `Course ${id}`, is_listed: true })),
    ra_mst_jockeys: people("jky", 5),
    ra_mst_trainers: people("trn", 4),
    ra_mst_owners: people("own", 4),
    ra_mst_sires: parents("sir", 3),
    ra_mst_dams: parents("dam", 6),
    ra_mst_damsires: parents("dsi", 2),
    ra_mst_horses: Array.from({ length: HORSES }, (_, n) => ({
      id: `hrs_${n}`,
      name: `Horse ${n}`,
      ...idOrName(random, "sire", "sir", 3),
      ...idOrName(random, "dam", "dam", 6),
      ...idOrName(random, "damsire", "dsi", 2),
      ...seen,
    })),
  };
  const made = Array.from({ length: races }, (_, n) => makeRace(random, `rac_${n}`));
  return { masters, races: made.map(({ race }) => race), runners: made.flatMap(({ runners }) => runners) };
}

/** Stores a world in emptied tables. */
export async function storeWorld(sql: Sql, { masters, races, runners }: SmallWorld): Promise<void> {
  for (const [table, rows] of Object.entries(masters)) await insertRows(sql, table, rows);
  await insertRows(sql, "ra_races", races);
  await insertRows(sql, "ra_runners", runners);
  await countRows(sql);
}

/** Tells the planner what is there, as autovacuum does in time. */
export async function countRows(sql: Sql): Promise<void> {
  await sql`analyze ra_races, ra_runners, ra_mst_horses, ra_mst_courses, ra_mst_trainers, ra_mst_jockeys`;
}

/** Stores rows of a table as they are. */
export async function insertRows(sql: Sql, table: string, rows: readonly Row[]): Promise<void> {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].join(", ");
  await sql.unsafe(
    `insert into public.${table} (${columns})
     select ${columns} from jsonb_populate_recordset(null::public.${table}, $1::text::jsonb)`,
    [JSON.stringify(rows)],
  );
}

function makeRace(random: Random, id: string): { race: Row; runners: Row[] } {
  const day = FIRST_DAY + random.int(0, DAYS - 1);
  // On the half hour, so that some start at the same time.
  const off = londonInstant(day, 13 * 60 + 30 * random.int(0, 8));
  const type = random.pick(["Flat", "Flat", "Flat", "Hurdle", "Chase", "NH Flat", "Trot"]);
  const surface = type === "Flat" ? random.pick(["Turf", "AW", null, ""]) : "Turf";
  const isVoid = random.chance(0.04);
  const hasResult = random.chance(0.88);
  const horses = random.shuffle(Array.from({ length: HORSES }, (_, n) => `hrs_${n}`));
  const size = random.chance(0.06) ? 1 : random.chance(0.12) ? random.int(15, 20) : random.int(2, 12);
  const entries = horses.slice(0, size + random.int(0, 2));
  const positions = isVoid ? [] : finish(random, size);
  const unpriced = random.chance(0.06);
  const runners = entries.map((horse_id, n): Row => {
    const ran = n < size;
    const position = positions[n];
    return {
      race_id: id,
      horse_id,
      number: n + 1,
      draw: type === "Flat" && !(ran && random.chance(0.01)) ? n + 1 : null,
      age: random.int(2, 9),
      weight_lbs: random.chance(0.05) ? null : random.int(112, 168),
      headgear: random.pick([null, null, "b", "p", "tp", "pt"]),
      headgear_run: random.pick([null, null, "1", "2"]),
      wind_surgery_run: random.pick([null, null, null, "1", "2"]),
      ...idOrName(random, "jockey", "jky", 5),
      ...idOrName(random, "trainer", "trn", 4),
      ...idOrName(random, "owner", "own", 4),
      is_non_runner: !ran && (hasResult || random.chance(0.5)),
      is_reserve: !ran && random.chance(0.4),
      has_card: random.chance(0.8) || !hasResult || !ran,
      has_result: hasResult && ran,
      ...(hasResult && ran
        ? {
          position: typeof position === "number" ? position : null,
          position_code: isVoid ? "VOI" : typeof position === "string" ? position : null,
          sp_decimal: unpriced || random.chance(0.01)
            ? null
            : random.pick([1.5, 2.25, 3, 4.5, 8, 15, 34, 101]),
          bsp: random.chance(0.5) ? random.pick([1.6, 2.5, 3.7, 9.2, 40]) : null,
          rpr: random.chance(0.8) ? random.int(-3, 130) : null,
        }
        : {}),
    };
  });
  const race = {
    id,
    course_id: random.pick(["crs_0", "crs_1", "crs_2"]),
    region_code: "gb",
    race_date: dateOf(day),
    off_dt: random.chance(0.06) ? null : new Date(off).toISOString(),
    race_name: random.pick(NAMES),
    race_type: type,
    surface,
    race_class: random.pick(["Class 1", "Class 2", "Class 4", "Class 6", null, "Class 9"]),
    pattern: random.pick([null, null, null, "Group 1", "Grade 3", "Listed", "Grade A"]),
    distance_yards: random.chance(0.04)
      ? null
      : random.pick([1100, 1429, 1430, 1979, 1980, 2859, 2860, 4069, 4070, 4949, 4950, 5719, 5720]),
    going: random.pick([
      "Good",
      "Good To Firm",
      "good to soft",
      "Soft",
      "Heavy",
      "Standard",
      "Standard / Slow",
      "Standard/Slow",
      "Standard To Slow",
      "Bottomless",
      null,
    ]),
    has_card: true,
    has_result: hasResult,
  };
  return { race, runners };
}

/** Positions of those that ran, in any order: numbers, and codes of those that have none. */
function finish(random: Random, size: number): (number | string)[] {
  const others = random.chance(0.3) ? random.int(0, Math.min(3, size - 1)) : 0;
  const finishers = size - others;
  // The winner's place more often than any other, because the most hangs on it.
  const deadHeatAt = random.chance(0.15) ? random.int(1, Math.max(1, Math.min(3, finishers - 1))) : -1;
  const positions = Array.from({ length: finishers }, (_, n) => n === deadHeatAt ? n : n + 1);
  return random.shuffle([...positions, ...Array.from({ length: others }, () => random.pick(CODES))]);
}

function idOrName(random: Random, kind: string, prefix: string, count: number): Row {
  const n = random.int(0, count - 1);
  const known = random.next();
  return {
    [`${kind}_id`]: known < 0.9 ? `${prefix}_${n}` : null,
    [`${kind}_name`]: known < 0.9 || known > 0.97 ? null : NOBODY,
  };
}
