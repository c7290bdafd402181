/**
 * What The Racing API answers, as far as this project reads it. The schemas are tolerant on purpose: the feed sends
 * nearly everything as a string, at times as a number or not at all, and adds fields without notice. Required is only
 * what a row cannot exist without; what a value means is decided in ../values/.
 */
import { z } from "zod";
import { readDate } from "../values/dates.ts";
import { readId, readRegionCode } from "../values/ids.ts";
import type { Sent } from "../values/missing.ts";
import type { Reading } from "../values/reading.ts";

/** A value of any scalar kind, or none: the feed makes no difference between an absent field, null and "". */
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]).optional();
const list = z.array(z.unknown()).nullish();
/** What the API echoes of a request. Paging counts what came, so an odd echo must not cost a page. */
const echo = scalar.catch(null);
const count = z.number().int().nonnegative();

/** What a row cannot exist without: the element fails when it cannot be read. */
function required(read: (sent: Sent) => Reading<string>) {
  return z.union([z.string(), z.number()]).transform((sent, context) => {
    const { value, problem } = read(sent);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: problem ?? "is missing" });
    return z.NEVER;
  });
}

const id = required(readId);
const day = required(readDate);
/** Lower case from here on. */
const regionCode = required(readRegionCode);

/** A page of /racecards/pro. The races are checked one by one, so that a bad one does not take the others along. */
export const racecardsPage = z.looseObject({
  racecards: z.array(z.unknown()),
  total: count,
  limit: echo,
  skip: echo,
  query: z.unknown().optional(),
});

/** A page of /results. */
export const resultsPage = z.looseObject({
  results: z.array(z.unknown()),
  total: count,
  limit: echo,
  skip: echo,
  query: z.unknown().optional(),
});

/** The answer of /courses. */
export const coursesPage = z.looseObject({ courses: z.array(z.unknown()), total: count });

/** The answer of /courses/regions: a bare list. */
export const regionsPage = z.array(z.unknown());

/** A course of /courses. */
export const course = z.looseObject({ id, course: scalar, region_code: scalar, region: scalar });

/** A region of /courses/regions. */
export const region = z.looseObject({ region_code: regionCode, region: scalar });

/** The profile of a horse, /horses/{horse_id}/pro. */
export const horseProfile = z.looseObject({
  id,
  name: scalar,
  dob: scalar,
  sex: scalar,
  sex_code: scalar,
  colour: scalar,
  colour_code: scalar,
  breeder: scalar,
  sire: scalar,
  sire_id: scalar,
  dam: scalar,
  dam_id: scalar,
  damsire: scalar,
  damsire_id: scalar,
});

/** A race of /racecards/pro. */
export const racecard = z.looseObject({
  race_id: id,
  date: day,
  course_id: id,
  region: regionCode,
  course: scalar,
  off_time: scalar,
  off_dt: scalar,
  race_name: scalar,
  distance_round: scalar,
  distance: scalar,
  distance_f: scalar,
  pattern: scalar,
  sex_restriction: scalar,
  race_class: scalar,
  type: scalar,
  age_band: scalar,
  rating_band: scalar,
  prize: scalar,
  field_size: scalar,
  going_detailed: scalar,
  rail_movements: scalar,
  stalls: scalar,
  weather: scalar,
  going: scalar,
  surface: scalar,
  jumps: scalar,
  runners: list,
  big_race: scalar,
  is_abandoned: scalar,
  tip: scalar,
  verdict: scalar,
  betting_forecast: scalar,
  race_status: scalar,
});

/**
 * A runner of /racecards/pro. `odds` is most of a page (28 bookmakers a runner, with history) and mostly not wanted,
 * so it is not checked here: an isolate has 2 s of CPU in all.
 */
export const cardRunner = z.looseObject({
  horse_id: id,
  horse: scalar,
  dob: scalar,
  age: scalar,
  sex: scalar,
  sex_code: scalar,
  colour: scalar,
  region: scalar,
  breeder: scalar,
  dam: scalar,
  dam_id: scalar,
  dam_region: scalar,
  sire: scalar,
  sire_id: scalar,
  sire_region: scalar,
  damsire: scalar,
  damsire_id: scalar,
  damsire_region: scalar,
  trainer: scalar,
  trainer_id: scalar,
  trainer_location: scalar,
  trainer_14_days: z.looseObject({ runs: scalar, wins: scalar, percent: scalar }).nullish(),
  owner: scalar,
  owner_id: scalar,
  prev_trainers: list,
  prev_owners: list,
  comment: scalar,
  spotlight: scalar,
  quotes: list,
  stable_tour: list,
  medical: list,
  number: scalar,
  draw: scalar,
  headgear: scalar,
  headgear_run: scalar,
  wind_surgery: scalar,
  wind_surgery_run: scalar,
  past_results_flags: list,
  lbs: scalar,
  ofr: scalar,
  rpr: scalar,
  ts: scalar,
  jockey: scalar,
  jockey_id: scalar,
  silk_url: scalar,
  last_run: scalar,
  form: scalar,
  trainer_rtf: scalar,
  odds: z.unknown().optional(),
});

/**
 * The objects inside a card's runner, by its field, and what is known of them. They are stored as sent, read value by
 * value, or not wanted; an unknown field in them is counted all the same.
 */
export const CARD_RUNNER_PARTS = {
  trainer_14_days: ["runs", "wins", "percent"],
  odds: ["bookmaker", "fractional", "decimal", "ew_places", "ew_denom", "updated", "history"],
  quotes: [
    "date",
    "horse",
    "horse_id",
    "race",
    "race_id",
    "course",
    "course_id",
    "distance_f",
    "distance_y",
    "quote",
  ],
  stable_tour: ["quote"],
  medical: ["date", "type"],
  prev_trainers: ["trainer", "trainer_id", "change_date"],
  prev_owners: ["owner", "owner_id", "change_date"],
} as const satisfies Partial<Record<keyof CardRunner, readonly string[]>>;

/** A field of a card's runner that holds objects. */
export type CardRunnerPart = keyof typeof CARD_RUNNER_PARTS;

/**
 * A race of /results. Its list of runners is required: a horse of the card that the result does not name is a
 * non-runner, so a result that lost its list must not pass for a race without runners.
 */
export const result = z.looseObject({
  race_id: id,
  date: day,
  course_id: id,
  region: regionCode,
  course: scalar,
  off: scalar,
  off_dt: scalar,
  race_name: scalar,
  type: scalar,
  class: scalar,
  pattern: scalar,
  rating_band: scalar,
  age_band: scalar,
  sex_rest: scalar,
  dist: scalar,
  dist_y: scalar,
  dist_m: scalar,
  dist_f: scalar,
  going: scalar,
  surface: scalar,
  jumps: scalar,
  runners: z.array(z.unknown()),
  winning_time_detail: scalar,
  comments: scalar,
  non_runners: scalar,
  tote_win: scalar,
  tote_pl: scalar,
  tote_ex: scalar,
  tote_csf: scalar,
  tote_tricast: scalar,
  tote_trifecta: scalar,
});

/** A runner of /results. */
export const resultRunner = z.looseObject({
  horse_id: id,
  horse: scalar,
  sp: scalar,
  sp_dec: scalar,
  bsp: scalar,
  number: scalar,
  position: scalar,
  draw: scalar,
  btn: scalar,
  ovr_btn: scalar,
  age: scalar,
  sex: scalar,
  weight: scalar,
  weight_lbs: scalar,
  headgear: scalar,
  time: scalar,
  or: scalar,
  rpr: scalar,
  tsr: scalar,
  prize: scalar,
  jockey: scalar,
  jockey_claim_lbs: scalar,
  jockey_id: scalar,
  trainer: scalar,
  trainer_id: scalar,
  owner: scalar,
  owner_id: scalar,
  sire: scalar,
  sire_id: scalar,
  dam: scalar,
  dam_id: scalar,
  damsire: scalar,
  damsire_id: scalar,
  comment: scalar,
  silk_url: scalar,
});

export type Racecard = z.infer<typeof racecard>;
export type CardRunner = z.infer<typeof cardRunner>;
export type Result = z.infer<typeof result>;
export type ResultRunner = z.infer<typeof resultRunner>;
