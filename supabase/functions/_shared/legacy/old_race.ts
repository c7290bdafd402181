import type { RowReader } from "../pages/row_reader.ts";
import type { LegacyRaceRow } from "../pages/rows.ts";
import { readBoolean } from "../values/booleans.ts";
import { readInteger } from "../values/numbers.ts";
import { readLondonMoment } from "../values/off_time.ts";
import { column, first, type OldRow } from "./old_rows.ts";
import { readOldDistance, readOldOffTime, readOldPrize } from "./old_values.ts";

/** What a race cannot be without. */
export interface RaceKey {
  readonly id: string;
  readonly course_id: string;
  readonly region: string;
  readonly date: string;
}

/** A race of the old database. */
export function readOldRace(
  race: OldRow,
  { id, course_id, region, date }: RaceKey,
  read: RowReader,
): LegacyRaceRow {
  const of = (name: string) => column(race, name);
  const columns = {
    distance: of("distance"),
    distance_f: of("distance_f"),
    distance_round: of("distance_round"),
  };
  const distance = read.take("distance", Object.values(columns), readOldDistance(columns));
  const prize = read.take("prize", of("prize"), readOldPrize(of("prize"), region));
  return {
    id,
    course_id,
    region_code: region,
    race_date: date,
    off_dt: read.take("off_dt", of("off_dt"), readLondonMoment(of("off_dt"))),
    off_time: read.take("off_time", of("off_time"), readOldOffTime(of("off_time"))),
    race_name: read.text(of("race_name")),
    race_type: read.text(of("type")),
    race_class: read.text(of("race_class")),
    pattern: read.text(of("pattern")),
    age_band: read.text(of("age_band")),
    sex_restriction: read.text(of("sex_restriction")),
    rating_band: read.text(of("rating_band")),
    distance_yards: distance?.yards ?? null,
    distance_metres: distance?.metres ?? null,
    distance_furlongs: distance?.furlongs ?? null,
    going: read.text(of("going")),
    surface: read.text(of("surface")),
    jumps: read.text(of("jumps")),
    has_card: false,
    has_result: false,
    card_distance: distance?.cardDistance ?? null,
    card_distance_round: distance?.cardDistanceRound ?? null,
    prize_amount: prize?.amount ?? null,
    prize_currency: prize?.currency ?? null,
    field_size: read.take("field_size", of("field_size"), readInteger(of("field_size"))),
    going_detailed: read.text(of("going_detailed")),
    rail_movements: read.text(of("rail_movements")),
    stalls: read.text(of("stalls")),
    weather: read.text(of("weather")),
    // False is what the column says of every race that a result brought, too.
    is_big_race: of("is_big_race") === true ? true : null,
    is_abandoned: read.take("is_abandoned", of("is_abandoned"), readBoolean(of("is_abandoned"))) ?? false,
    race_status: null,
    tip: read.text(of("tip")),
    verdict: read.text(of("verdict")),
    betting_forecast: read.text(of("betting_forecast")),
    result_distance: distance?.resultDistance ?? null,
    winning_time_detail: read.text(first(of("winning_time_detail"), of("winning_time"))),
    stewards_comments: read.text(of("comments")),
    non_runners: read.text(of("non_runners")),
    tote_win: read.text(of("tote_win")),
    tote_place: read.text(of("tote_pl")),
    tote_exacta: read.text(of("tote_ex")),
    tote_csf: read.text(of("tote_csf")),
    tote_tricast: read.text(of("tote_tricast")),
    tote_trifecta: read.text(of("tote_trifecta")),
  };
}
