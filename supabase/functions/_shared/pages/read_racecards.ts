import {
  CARD_RUNNER_PARTS,
  cardRunner,
  type Racecard,
  racecard,
  racecardsPage,
} from "../racing_api/schemas.ts";
import { readBoolean } from "../values/booleans.ts";
import { furlongsOf, metresOf, readDistanceText, readFurlongs } from "../values/distance.ts";
import { readInteger } from "../values/numbers.ts";
import { readOffDt, readOffTime } from "../values/off_time.ts";
import { readPrize } from "../values/prize.ts";
import { collectRaces, type Feed, type RaceOptions } from "./collect_races.ts";
import { elementParser } from "./element_parser.ts";
import { parseEnvelope } from "./envelope.ts";
import { type CardOptions, readCardRunner } from "./read_card_runner.ts";
import type { RowReader } from "./row_reader.ts";
import type { CardRaceRow, CardRunnerRow, RacePage } from "./rows.ts";
import { UnknownFields } from "./unknown_fields.ts";

/**
 * The rows of a page of /racecards/pro.
 *
 * @throws {UnreadableBodyError} when the body has no list of racecards or no total
 */
export function readRacecardsPage(
  body: unknown,
  options: CardOptions & RaceOptions = {},
): RacePage<CardRaceRow, CardRunnerRow> {
  const unknownFields = new UnknownFields();
  const expected = "an object with a list racecards and a number total";
  const page = parseEnvelope(racecardsPage, expected, body, unknownFields);
  const raceCount = page.racecards.length;
  return {
    total: page.total,
    raceCount,
    rows: collectRaces(feedOfCards(options), page.racecards, unknownFields, options),
  };
}

function feedOfCards(options: CardOptions): Feed<CardRaceRow, CardRunnerRow> {
  return {
    parseRace: elementParser("racecard", racecard, (race) => ({
      race,
      toRow: (read) => readCardRace(race, read),
    })),
    parseRunner: elementParser("card_runner", cardRunner, (runner) => ({
      horse_id: runner.horse_id,
      toEntry: (race, read) => readCardRunner(runner, race, read, options),
    }), CARD_RUNNER_PARTS),
    explainReject: explainMissingIds,
  };
}

function readCardRace(race: Racecard, read: RowReader): CardRaceRow {
  const yards = read.take("distance", race.distance, readDistanceText(race.distance));
  const furlongs = read.take("distance_f", race.distance_f, readFurlongs(race.distance_f));
  const prize = read.take("prize", race.prize, readPrize(race.prize, race.region));
  return {
    id: race.race_id,
    course_id: race.course_id,
    region_code: race.region,
    race_date: race.date,
    off_dt: read.take("off_dt", race.off_dt, readOffDt(race.off_dt)),
    off_time: read.take("off_time", race.off_time, readOffTime(race.off_time)),
    race_name: read.text(race.race_name),
    race_type: read.text(race.type),
    race_class: read.text(race.race_class),
    pattern: read.text(race.pattern),
    age_band: read.text(race.age_band),
    sex_restriction: read.text(race.sex_restriction),
    rating_band: read.text(race.rating_band),
    distance_yards: yards,
    distance_metres: metresOf(yards),
    distance_furlongs: furlongs ?? furlongsOf(yards),
    going: read.text(race.going),
    surface: read.text(race.surface),
    jumps: read.text(race.jumps),
    has_card: true,
    has_result: false,
    card_distance: read.text(race.distance),
    card_distance_round: read.text(race.distance_round),
    prize_amount: prize?.amount ?? null,
    prize_currency: prize?.currency ?? null,
    field_size: read.take("field_size", race.field_size, readInteger(race.field_size)),
    going_detailed: read.text(race.going_detailed),
    rail_movements: read.text(race.rail_movements),
    stalls: read.text(race.stalls),
    weather: read.text(race.weather),
    is_big_race: read.take("big_race", race.big_race, readBoolean(race.big_race)),
    is_abandoned: read.take("is_abandoned", race.is_abandoned, readBoolean(race.is_abandoned)) ?? false,
    race_status: read.text(race.race_status),
    tip: read.text(race.tip),
    verdict: read.text(race.verdict),
    betting_forecast: read.text(race.betting_forecast),
  };
}

/** Cards of the free plan carry no ids at all, and a row without ids cannot be told from another. */
function explainMissingIds(raw: unknown): string | null {
  if (typeof raw !== "object" || raw === null || "race_id" in raw || "course_id" in raw) return null;
  return "This card carries no ids, which is how The Racing API's free plan sends it: racecards need the Pro plan.";
}
