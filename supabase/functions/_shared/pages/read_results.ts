import { type Result, result, resultRunner, resultsPage } from "../racing_api/schemas.ts";
import {
  furlongsOf,
  metresOf,
  readDistanceText,
  readFurlongs,
  readWholeDistance,
} from "../values/distance.ts";
import { readOffDt, readOffTime } from "../values/off_time.ts";
import { collectRaces, type Feed, type RaceOptions } from "./collect_races.ts";
import { elementParser } from "./element_parser.ts";
import { parseEnvelope } from "./envelope.ts";
import { readResultRunner } from "./read_result_runner.ts";
import type { RowReader } from "./row_reader.ts";
import type { RacePage, ResultRaceRow, ResultRunnerRow } from "./rows.ts";
import { UnknownFields } from "./unknown_fields.ts";

const RESULTS: Feed<ResultRaceRow, ResultRunnerRow> = {
  parseRace: elementParser("result", result, (race) => ({
    race,
    toRow: (read) => readResultRace(race, read),
  })),
  parseRunner: elementParser("result_runner", resultRunner, (runner) => ({
    horse_id: runner.horse_id,
    toEntry: (race, read) => readResultRunner(runner, race, read),
  })),
};

/**
 * The rows of a page of /results.
 *
 * @throws {UnreadableBodyError} when the body has no list of results or no total
 */
export function readResultsPage(
  body: unknown,
  options: RaceOptions = {},
): RacePage<ResultRaceRow, ResultRunnerRow> {
  const unknownFields = new UnknownFields();
  const page = parseEnvelope(
    resultsPage,
    "an object with a list results and a number total",
    body,
    unknownFields,
  );
  const raceCount = page.results.length;
  return {
    total: page.total,
    raceCount,
    rows: collectRaces(RESULTS, page.results, unknownFields, options),
  };
}

function readResultRace(race: Result, read: RowReader): ResultRaceRow {
  const yards = readYards(race, read);
  const metres = read.take("dist_m", race.dist_m, readWholeDistance(race.dist_m));
  const furlongs = read.take("dist_f", race.dist_f, readFurlongs(race.dist_f));
  return {
    id: race.race_id,
    course_id: race.course_id,
    region_code: race.region,
    race_date: race.date,
    off_dt: read.take("off_dt", race.off_dt, readOffDt(race.off_dt)),
    off_time: read.take("off", race.off, readOffTime(race.off)),
    race_name: read.text(race.race_name),
    race_type: read.text(race.type),
    race_class: read.text(race.class),
    pattern: read.text(race.pattern),
    age_band: read.text(race.age_band),
    sex_restriction: read.text(race.sex_rest),
    rating_band: read.text(race.rating_band),
    distance_yards: yards,
    distance_metres: metres ?? metresOf(yards),
    distance_furlongs: furlongs ?? furlongsOf(yards),
    going: read.text(race.going),
    surface: read.text(race.surface),
    jumps: read.text(race.jumps),
    has_card: false,
    has_result: true,
    result_distance: read.text(race.dist),
    winning_time_detail: read.text(race.winning_time_detail),
    stewards_comments: read.text(race.comments),
    non_runners: read.text(race.non_runners),
    tote_win: read.text(race.tote_win),
    tote_place: read.text(race.tote_pl),
    tote_exacta: read.text(race.tote_ex),
    tote_csf: read.text(race.tote_csf),
    tote_tricast: read.text(race.tote_tricast),
    tote_trifecta: read.text(race.tote_trifecta),
  };
}

/** The text is rounded ("1m½f" for 1,873 yards), so it only speaks where dist_y does not. */
function readYards(race: Result, read: RowReader): number | null {
  return read.take("dist_y", race.dist_y, readWholeDistance(race.dist_y)) ??
    read.take("dist", race.dist, readDistanceText(race.dist));
}
