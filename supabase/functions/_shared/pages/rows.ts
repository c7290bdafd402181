/**
 * What a page becomes. Property names are column names of the tables in ../../../schemas/racing; what is null here is
 * either unknown or owned by the other feed, and never overwrites a known value.
 */
import type { BookmakerType } from "../values/bookmaker.ts";
import type { Json } from "../values/json.ts";
import type { Favourite } from "../values/starting_price.ts";

/** A row of ra_mst_regions. */
export interface RegionRow {
  code: string;
  name: string | null;
}

/** A row of ra_mst_courses. */
export interface CourseRow {
  id: string;
  name: string | null;
  region_code: string | null;
  is_listed: boolean;
}

/** A row of ra_mst_bookmakers. */
export interface BookmakerRow {
  code: string;
  name: string;
  type: BookmakerType;
}

/** What every harvested master row has: last_seen_on decides which name wins. */
export interface SeenRow {
  id: string;
  name: string | null;
  last_seen_on: string;
}

/** A row of ra_mst_sires, ra_mst_dams or ra_mst_damsires. */
export interface ParentRow extends SeenRow {
  region_code: string | null;
}

/** A row of ra_mst_horses. */
export interface HorseRow extends SeenRow {
  region_code: string | null;
  dob: string | null;
  sex: string | null;
  sex_code: string | null;
  colour: string | null;
  breeder: string | null;
  sire_id: string | null;
  dam_id: string | null;
  damsire_id: string | null;
  card_seen_on: string | null;
}

/** A row of ra_mst_jockeys or ra_mst_owners. */
export type PersonRow = SeenRow;

/** A row of ra_mst_trainers. */
export interface TrainerRow extends SeenRow {
  location: string | null;
  card_seen_on: string | null;
}

/** Columns of ra_races that cards and results both fill. */
export interface SharedRaceColumns {
  id: string;
  course_id: string;
  region_code: string;
  race_date: string;
  off_dt: string | null;
  off_time: string | null;
  race_name: string | null;
  race_type: string | null;
  race_class: string | null;
  pattern: string | null;
  age_band: string | null;
  sex_restriction: string | null;
  rating_band: string | null;
  distance_yards: number | null;
  distance_metres: number | null;
  distance_furlongs: number | null;
  going: string | null;
  surface: string | null;
  jumps: string | null;
}

/** A row of ra_races as a card fills it. */
export interface CardRaceRow extends SharedRaceColumns {
  has_card: true;
  has_result: false;
  card_distance: string | null;
  card_distance_round: string | null;
  prize_amount: number | null;
  prize_currency: string | null;
  field_size: number | null;
  going_detailed: string | null;
  rail_movements: string | null;
  stalls: string | null;
  weather: string | null;
  is_big_race: boolean | null;
  is_abandoned: boolean;
  race_status: string | null;
  tip: string | null;
  verdict: string | null;
  betting_forecast: string | null;
}

/** A row of ra_races as a result fills it. */
export interface ResultRaceRow extends SharedRaceColumns {
  has_card: false;
  has_result: true;
  result_distance: string | null;
  winning_time_detail: string | null;
  stewards_comments: string | null;
  non_runners: string | null;
  tote_win: string | null;
  tote_place: string | null;
  tote_exacta: string | null;
  tote_csf: string | null;
  tote_tricast: string | null;
  tote_trifecta: string | null;
}

/** A row of ra_races. */
export type RaceRow = CardRaceRow | ResultRaceRow;

/** Columns of ra_runners that cards and results both fill. */
export interface SharedRunnerColumns {
  race_id: string;
  horse_id: string;
  jockey_id: string | null;
  trainer_id: string | null;
  owner_id: string | null;
  number: number | null;
  draw: number | null;
  age: number | null;
  sex_code: string | null;
  weight_lbs: number | null;
  headgear: string | null;
  official_rating: number | null;
  jockey_claim_lbs: number | null;
  silk_url: string | null;
  is_non_runner: boolean;
  is_reserve: boolean;
}

/** A row of ra_runners as a card fills it. */
export interface CardRunnerRow extends SharedRunnerColumns {
  has_card: true;
  has_result: false;
  headgear_run: string | null;
  wind_surgery: string | null;
  wind_surgery_run: string | null;
  card_rpr: number | null;
  card_topspeed: number | null;
  form: string | null;
  last_run: string | null;
  last_run_days: number | null;
  card_comment: string | null;
  spotlight: string | null;
  trainer_rtf_percent: number | null;
  trainer_14_days_runs: number | null;
  trainer_14_days_wins: number | null;
  trainer_14_days_percent: number | null;
  past_results_flags: string[] | null;
  quotes: Json[] | null;
  stable_tour: Json[] | null;
  medical: Json[] | null;
  previous_trainers: Json[] | null;
  previous_owners: Json[] | null;
}

/** A row of ra_runners as a result fills it. */
export interface ResultRunnerRow extends SharedRunnerColumns {
  has_card: false;
  has_result: true;
  position: number | null;
  position_code: string | null;
  beaten_lengths: number | null;
  beaten_lengths_overall: number | null;
  time_seconds: number | null;
  sp: string | null;
  sp_decimal: number | null;
  sp_favourite: Favourite | null;
  bsp: number | null;
  rpr: number | null;
  topspeed: number | null;
  prize_amount: number | null;
  prize_currency: string | null;
  result_comment: string | null;
}

/** A row of ra_runners. */
export type RunnerRow = CardRunnerRow | ResultRunnerRow;

/** A row of ra_runner_odds: only cards bring them, and only when they are asked for. */
export interface OddsRow {
  race_id: string;
  horse_id: string;
  bookmaker_code: string;
  fractional: string | null;
  decimal: number | null;
  ew_places: number | null;
  ew_denominator: number | null;
  /** `2025-10-13 14:11:07 Europe/London`: which moment that is, Postgres knows. */
  quoted_at: string | null;
}

/** Something that was sent and is not in the rows, with what it takes to look at it and to read it again. */
export interface Reject {
  /** A race, runner, course or region is missing as a whole; of a value, only that column is null. */
  kind: "race" | "runner" | "course" | "region" | "value";
  race_id: string | null;
  horse_id: string | null;
  race_date: string | null;
  /** A sentence. */
  reason: string;
  /**
   * Within the race: `runners[3].horse_id`, `date`; of courses and regions, within the element. Empty when the element as
   * a whole is wrong. Never with the place in the page's list, which is another one tomorrow: the same reject stays the
   * same.
   */
  path: string;
  /** The element as sent; of a value, `{value}`. Never null. */
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
  | "region";

/** A field that the schemas do not know, and how many objects of the page carried it. */
export interface UnknownField {
  object: ObjectKind;
  field: string;
  seen: number;
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
  rejects: Reject[];
  unknown_fields: UnknownField[];
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
  };
}
