/**
 * What a page becomes. The columns are the database's own: a reader that misspells one, or leaves out one that its
 * feed fills, does not compile. What is null here is either unknown or not sent, and never overwrites a known value.
 */
import type { ColumnOwners, Database } from "../database_types.ts";
import type { CardRunnerPart } from "../racing_api/schemas.ts";
import type { BookmakerType } from "../values/bookmaker.ts";
import type { Json } from "../values/json.ts";
import type { Favourite } from "../values/starting_price.ts";

type Tables = Database["public"]["Tables"];
type Row<Table extends keyof Tables> = Tables[Table]["Row"];
/** The columns of a table that these feeds fill, as their comments in the database say. */
type Owned<Table extends keyof ColumnOwners, Owner extends keyof ColumnOwners[Table]> = Pick<
  Row<Table>,
  Extract<ColumnOwners[Table][Owner], keyof Row<Table>>
>;
/** When a row was written, and whether the old database brought it, SQL knows. */
type WrittenAt = "created_at" | "updated_at" | "from_legacy";

/** A row of ra_mst_regions. */
export type RegionRow = Omit<Row<"ra_mst_regions">, WrittenAt>;

/** A row of ra_mst_courses. */
export type CourseRow = Omit<Row<"ra_mst_courses">, WrittenAt>;

/** A row of ra_mst_bookmakers. */
export type BookmakerRow = Omit<Row<"ra_mst_bookmakers">, WrittenAt> & { type: BookmakerType };

/** A row of ra_mst_sires, ra_mst_dams or ra_mst_damsires; which horse it is, SQL says. */
export type ParentRow = Omit<Owned<"ra_mst_sires" | "ra_mst_dams" | "ra_mst_damsires", "Both">, "horse_id">;

/** A row of ra_mst_horses. */
export type HorseRow = Owned<"ra_mst_horses", "Both" | "Card">;

/** A row of ra_mst_jockeys or ra_mst_owners. */
export type PersonRow = Owned<"ra_mst_jockeys" | "ra_mst_owners", "Both">;

/** A row of ra_mst_trainers. */
export type TrainerRow = Owned<"ra_mst_trainers", "Both" | "Card">;

/** What every harvested master row has: last_seen_on decides which name wins. */
export type SeenRow = Pick<PersonRow, "id" | "name" | "last_seen_on">;

/** A row of ra_races as a card fills it; the day of the card, SQL keeps. */
export type CardRaceRow = Omit<Owned<"ra_races", "Both" | "Card">, "card_date"> & FromCard;

/** A row of ra_races as a result fills it. */
export type ResultRaceRow = Owned<"ra_races", "Both" | "Result"> & FromResult;

/** A row of ra_races. */
export type RaceRow = CardRaceRow | ResultRaceRow | LegacyRaceRow;

/** A row of ra_runners as a card fills it. */
export type CardRunnerRow = Owned<"ra_runners", "Both" | "Card"> & FromCard;

/** A row of ra_runners as a result fills it. A reserve is known from its number, where no card was stored. */
export type ResultRunnerRow =
  & Owned<"ra_runners", "Both" | "Result">
  & Pick<Row<"ra_runners">, "is_reserve">
  & { sp_favourite: Favourite | null }
  & FromResult;

/** A row of ra_runners. */
export type RunnerRow = CardRunnerRow | ResultRunnerRow | LegacyRunnerRow;

/** A row of ra_races as the old database fills it, which may know what either feed brings. */
export type LegacyRaceRow = Omit<Owned<"ra_races", "Both" | "Card" | "Result">, "card_date"> & FromLegacy;

/** A row of ra_runners as the old database fills it. */
export type LegacyRunnerRow =
  & Owned<"ra_runners", "Both" | "Card" | "Result">
  & { sp_favourite: Favourite | null }
  & FromLegacy;

interface FromCard {
  has_card: true;
  has_result: false;
}

interface FromResult {
  has_card: false;
  has_result: true;
}

/** The API has brought neither. */
interface FromLegacy {
  has_card: false;
  has_result: false;
}

/**
 * A row of ra_runner_odds: only cards bring them, and only when they are asked for. quoted_at is
 * `2025-10-13 14:11:07 Europe/London`: which moment that is, Postgres knows.
 */
export type OddsRow = Omit<Row<"ra_runner_odds">, WrittenAt>;

/** A row of ra_runner_odds_history, which the old database alone brings. */
export type OddsHistoryRow = Omit<Row<"ra_runner_odds_history">, "created_at">;

/** Something that was sent and is not in the rows, with what it takes to look at it and to read it again. */
export interface Reject {
  /**
   * A race, runner, course, region or horse is missing as a whole. Of a value, only that column is null, or it came
   * twice with two values, of which the later one stands.
   */
  kind: "race" | "runner" | "course" | "region" | "horse" | "value";
  race_id: string | null;
  horse_id: string | null;
  race_date: string | null;
  /** A sentence. */
  reason: string;
  /**
   * Within the race: `runners[3].horse_id`, `date`; of courses and regions, within the element. Empty when the
   * element as a whole is wrong. Never with the place in the page's list, which is another one tomorrow: the same
   * reject stays the same.
   */
  path: string;
  /** The element as sent; of a value, `{value}`, which lists both where there are two. Never null. */
  raw: Json;
}

/** Which object of a body carried a field that the schemas do not know. */
export type ObjectKind =
  | "racecard"
  | "card_runner"
  | "result"
  | "result_runner"
  | "page"
  | "course"
  | "region"
  | "horse"
  | CardRunnerPart;

/** A field that the schemas do not know, and how many objects of the page carried it. */
export interface UnknownField {
  object: ObjectKind;
  field: string;
  seen: number;
  /** The first value that is more than a missing one, as JSON and whole; null when there is none on the page. */
  first_value: string | null;
  newest_value: string | null;
}

/** An id that was asked for, and whether the API knows it; null when its answer could not be understood. */
export interface AskedId {
  id: string;
  is_known: boolean | null;
}

/** Master rows: one an id, sorted by id, so that two pages stored at the same time lock rows in the same order. */
export interface MasterRows {
  courses: CourseRow[];
  bookmakers: BookmakerRow[];
  sires: ParentRow[];
  dams: ParentRow[];
  damsires: ParentRow[];
  horses: HorseRow[];
  jockeys: PersonRow[];
  trainers: TrainerRow[];
  owners: PersonRow[];
}

/** All that one page becomes. */
export interface PageRows<Race extends RaceRow = RaceRow, Runner extends RunnerRow = RunnerRow>
  extends MasterRows {
  regions: RegionRow[];
  races: Race[];
  runners: Runner[];
  odds: OddsRow[];
  /** Only of the old database. */
  odds_history?: OddsHistoryRow[];
  rejects: Reject[];
  unknown_fields: UnknownField[];
  /** Ids of races that count as come and are not to be stored: of regions that were not asked for. */
  left_out: string[];
  /** The ids of races that came again on the page, once for each further copy: the API's total counts these too. */
  copies: string[];
  /** Only of a feed that asks for ids. */
  asked?: AskedId[];
}

/** One page of a paged endpoint. */
export interface RacePage<Race extends RaceRow = RaceRow, Runner extends RunnerRow = RunnerRow> {
  /** How many races the API has for the request. */
  total: number;
  /** Races in the page's list, understood or not: what paging counts. */
  raceCount: number;
  rows: PageRows<Race, Runner>;
}

/** A page without anything in it. */
export function emptyPageRows(): PageRows<never, never> {
  return {
    regions: [],
    courses: [],
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
    odds: [],
    rejects: [],
    unknown_fields: [],
    left_out: [],
    copies: [],
  };
}
