import { namedOnly } from "./named.ts";
import type { RowReader } from "../pages/row_reader.ts";
import type { LegacyRunnerRow } from "../pages/rows.ts";
import { readBeatenLengths } from "../values/beaten_lengths.ts";
import { readDraw } from "../values/draw.ts";
import { readResultJockey } from "../values/jockey.ts";
import { readLastRun } from "../values/last_run.ts";
import { presentText, type Sent } from "../values/missing.ts";
import { readFigure, readPercent, readSmallInteger } from "../values/numbers.ts";
import { readPosition } from "../values/position.ts";
import { readRaceTime } from "../values/race_time.ts";
import { readRunnerNumber } from "../values/runner_number.ts";
import { readSilk } from "../values/silk.ts";
import { readDecimalPrice, readStartingPrice } from "../values/starting_price.ts";
import { readStones } from "../values/weight.ts";
import type { OldMasters } from "./old_masters.ts";
import type { OldNotes } from "./old_notes.ts";
import { column, first, type OldRow } from "./old_rows.ts";
import { readOldPrize, readOldSex, withoutUnit } from "./old_values.ts";

/** The old rows of one horse in one race: that of the table of runners, that of the table of results, or both. */
export interface OldRun {
  readonly runner: OldRow | undefined;
  readonly result: OldRow | undefined;
}

/** A runner of the old database, without the notes about it; the masters that it names are noted. */
export function readOldRunner(
  { runner, result }: OldRun,
  { race_id, horse_id, region }: {
    readonly race_id: string;
    readonly horse_id: string;
    readonly region: string;
  },
  masters: OldMasters,
  read: RowReader,
): Omit<LegacyRunnerRow, keyof OldNotes> {
  /** What both tables may say: the result goes first. */
  const both = (inResult: string, inRunner = inResult): Sent =>
    first(column(result, inResult), column(runner, inRunner));
  const take = <T>(
    field: string,
    sent: Sent,
    reading: (sent: Sent) => { value: T | null; problem: string | null },
  ) => read.take(field, sent, reading(sent));

  const number = take("number", both("number"), readRunnerNumber);
  const jockeyName = both("jockey_name");
  const jockey = read.take(
    "jockey_id",
    both("jockey_id"),
    readResultJockey(jockeyName, both("jockey_id")),
  );
  const claim = take("jockey_claim_lbs", both("jockey_claim_lbs"), readSmallInteger);
  const jockeyId = jockey?.isNonRunner === true
    ? null
    : masters.person("jockeys", both("jockey_id"), jockeyName);
  const trainerId = masters.person(
    "trainers",
    both("trainer_id"),
    both("trainer_name"),
    column(runner, "trainer_location"),
  );
  const ownerId = masters.person("owners", both("owner_id"), both("owner_name"));
  const isNonRunner = number?.isNonRunner === true || jockey?.isNonRunner === true ||
    column(runner, "is_scratched") === true;
  const position = take("position", first(both("position"), column(result, "position_str")), readPosition);
  const price = take("sp", both("sp", "starting_price"), readStartingPrice);
  const prize = read.take("prize_won", both("prize_won"), readOldPrize(both("prize_won"), region));
  const ratings = readRatings({ runner, result }, read);
  const lastRun = readLastRun(column(runner, "last_run"));
  return {
    race_id,
    horse_id,
    jockey_id: jockeyId,
    jockey_name: jockeyId === null ? jockey?.name ?? null : null,
    trainer_id: trainerId,
    trainer_name: namedOnly(trainerId, both("trainer_name")),
    owner_id: ownerId,
    owner_name: namedOnly(ownerId, both("owner_name")),
    number: number?.number ?? null,
    draw: take("draw", both("draw"), readDraw),
    age: take("age", both("age"), readSmallInteger),
    sex_code: readOldSex(column(result, "sex")).code ?? read.text(column(runner, "sex_code")),
    weight_lbs: take("weight_lbs", both("weight_lbs"), readSmallInteger) ??
      take("weight_st_lbs", first(both("weight_st_lbs"), column(runner, "weight_stones_lbs")), readStones),
    headgear: read.text(both("headgear")),
    official_rating: take("official_rating", both("official_rating", "ofr"), readSmallInteger),
    jockey_claim_lbs: isNonRunner ? null : claim ?? jockey?.claimLbs ?? claimOnCard(runner, jockeyId),
    silk: take("silk_url", first(both("silk_url"), column(runner, "jockey_silk_url")), readSilk),
    is_non_runner: isNonRunner,
    is_reserve: number?.isReserve === true,
    has_card: false,
    has_result: false,
    headgear_run: read.text(column(runner, "headgear_run")),
    wind_surgery: read.text(column(runner, "wind_surgery")),
    wind_surgery_run: read.text(column(runner, "wind_surgery_run")),
    form: read.text(column(runner, "form")),
    last_run: lastRun.text,
    last_run_days: lastRun.days,
    spotlight: read.text(column(runner, "spotlight")),
    trainer_rtf_percent: take("trainer_rtf", column(runner, "trainer_rtf"), readPercent),
    past_results_flags: readOldFlags(runner),
    // The old system did not keep it.
    bsp: null,
    position: position?.position ?? null,
    position_code: position?.code ?? null,
    beaten_lengths: take(
      "btn",
      withoutUnit(both("btn", "distance_beaten")),
      readBeatenLengths,
    ),
    beaten_lengths_overall: take("ovr_btn", both("ovr_btn", "overall_beaten_distance"), readBeatenLengths),
    time_seconds: take(
      "time_display",
      first(column(result, "time_seconds"), both("time_display", "finishing_time")),
      readRaceTime,
    ),
    sp: price?.fraction ?? null,
    sp_favourite: price?.favourite ?? null,
    sp_decimal: take("sp_decimal", both("sp_decimal", "starting_price_decimal"), readDecimalPrice),
    prize_amount: prize?.amount ?? null,
    prize_currency: prize?.currency ?? null,
    ...ratings,
  };
}

/**
 * The claim behind the name on the card, if the same jockey rode. A name without one says nothing: results gave names
 * without claims, and the column of claims was never filled from them.
 */
function claimOnCard(runner: OldRow | undefined, jockeyId: string | null): number | null {
  const id = column(runner, "jockey_id");
  return jockeyId !== null && id === jockeyId
    ? readResultJockey(column(runner, "jockey_name"), id).value?.claimLbs ?? null
    : null;
}

type Ratings = Pick<
  LegacyRunnerRow,
  "rpr" | "topspeed" | "result_comment" | "card_rpr" | "card_topspeed" | "card_comment"
>;

/**
 * `rpr`, `ts` and `comment` of the table of runners are the card's or the result's, whichever was written last. The row
 * says so by the time of its last result: written at that time, they are the result's; written later, the card's. Of a
 * runner without a result they are the card's. Where that does not tell, they are in no column.
 */
function readRatings({ runner, result }: OldRun, read: RowReader): Ratings {
  const figure = (row: OldRow | undefined, name: string) =>
    read.take(name, column(row, name), readFigure(column(row, name)));
  const comment = presentText(column(runner, "comment"));
  const own = { rpr: figure(runner, "rpr"), topspeed: figure(runner, "ts"), comment };
  const whose = ratingsAreOf(runner, result !== undefined);
  const ofCard = whose === "card" ? own : { rpr: null, topspeed: null, comment: null };
  const ofResult = whose === "result" ? own : { rpr: null, topspeed: null, comment: null };
  return {
    rpr: figure(result, "rpr") ?? ofResult.rpr,
    topspeed: figure(result, "tsr") ?? ofResult.topspeed,
    result_comment: presentText(first(column(result, "comment"), column(runner, "race_comment"))) ??
      ofResult.comment,
    card_rpr: ofCard.rpr,
    card_topspeed: ofCard.topspeed,
    card_comment: ofCard.comment,
  };
}

function ratingsAreOf(runner: OldRow | undefined, hasResult: boolean): "card" | "result" | null {
  const resultAt = column(runner, "result_updated_at");
  const writtenAt = column(runner, "updated_at");
  if (resultAt !== null) {
    if (writtenAt === null) return null;
    return String(writtenAt) > String(resultAt) ? "card" : "result";
  }
  // A table without that column may have been written by either.
  return hasResult || column(runner, "position") !== null ? null : "card";
}

function readOldFlags(runner: OldRow | undefined): string[] | null {
  const flags = runner?.["past_results_flags"];
  const texts = Array.isArray(flags)
    ? flags.flatMap((flag) => typeof flag === "string" ? presentText(flag) ?? [] : [])
    : [];
  return texts.length > 0 ? texts : null;
}
