import type { ResultRunner } from "../racing_api/schemas.ts";
import { readBeatenLengths } from "../values/beaten_lengths.ts";
import { readDraw } from "../values/draw.ts";
import { readResultJockey } from "../values/jockey.ts";
import { readAnimalName } from "../values/names.ts";
import { readFigure, readSmallInteger } from "../values/numbers.ts";
import { readPosition } from "../values/position.ts";
import { readPrize } from "../values/prize.ts";
import { readRaceTime } from "../values/race_time.ts";
import { readRunnerNumber } from "../values/runner_number.ts";
import { readDecimalPrice, readStartingPrice } from "../values/starting_price.ts";
import { readStones } from "../values/weight.ts";
import { readSilk } from "../values/silk.ts";
import type { CheckedRace, RunnerEntry } from "./collect_races.ts";
import { namedJockey, parentColumns, readParent, readPerson } from "./entities.ts";
import type { RowReader } from "./row_reader.ts";
import type { HorseRow, ResultRunnerRow } from "./rows.ts";

/** A runner of /results: its row, and the master rows it brings. */
export function readResultRunner(
  runner: ResultRunner,
  { race_id, date: race_date, region }: CheckedRace,
  read: RowReader,
): RunnerEntry<ResultRunnerRow> {
  const number = read.take("number", runner.number, readRunnerNumber(runner.number));
  const entry = read.take("jockey_id", runner.jockey_id, readResultJockey(runner.jockey, runner.jockey_id));
  const claim = read.take(
    "jockey_claim_lbs",
    runner.jockey_claim_lbs,
    readSmallInteger(runner.jockey_claim_lbs),
  );
  const jockey = namedJockey(entry, race_date);
  const sire = readParent(read, "sire", runner.sire_id, runner.sire, null, race_date);
  const dam = readParent(read, "dam", runner.dam_id, runner.dam, null, race_date);
  const damsire = readParent(read, "damsire", runner.damsire_id, runner.damsire, null, race_date);
  const trainer = readPerson(read, "trainer", runner.trainer_id, runner.trainer, race_date);
  const owner = readPerson(read, "owner", runner.owner_id, runner.owner, race_date);
  const position = read.take("position", runner.position, readPosition(runner.position));
  const price = read.take("sp", runner.sp, readStartingPrice(runner.sp));
  const prize = read.take("prize", runner.prize, readPrize(runner.prize, region));
  const { name, region: birthRegion } = readAnimalName(runner.horse);
  const isNonRunner = number?.isNonRunner === true || entry?.isNonRunner === true;
  const horse: HorseRow = {
    id: runner.horse_id,
    name,
    region_code: birthRegion,
    dob: null,
    sex: null,
    // The code of a result is that day's: a colt of then may be a gelding by now, which only cards tell in full.
    sex_code: null,
    colour: null,
    breeder: null,
    ...parentColumns(sire, dam, damsire),
    last_seen_on: race_date,
    card_seen_on: null,
  };
  const row: ResultRunnerRow = {
    race_id,
    horse_id: runner.horse_id,
    jockey_id: jockey.id,
    jockey_name: jockey.nameAlone,
    trainer_id: trainer.id,
    trainer_name: trainer.nameAlone,
    owner_id: owner.id,
    owner_name: owner.nameAlone,
    number: number?.number ?? null,
    draw: read.take("draw", runner.draw, readDraw(runner.draw)),
    age: read.take("age", runner.age, readSmallInteger(runner.age)),
    sex_code: read.text(runner.sex),
    weight_lbs: readWeight(runner, read),
    headgear: read.text(runner.headgear),
    official_rating: read.take("or", runner.or, readSmallInteger(runner.or)),
    jockey_claim_lbs: isNonRunner ? null : claim ?? entry?.claimLbs ?? null,
    silk: read.take("silk_url", runner.silk_url, readSilk(runner.silk_url)),
    is_non_runner: isNonRunner,
    is_reserve: number?.isReserve === true,
    has_card: false,
    has_result: true,
    position: position?.position ?? null,
    position_code: position?.code ?? null,
    beaten_lengths: read.take("btn", runner.btn, readBeatenLengths(runner.btn)),
    beaten_lengths_overall: read.take("ovr_btn", runner.ovr_btn, readBeatenLengths(runner.ovr_btn)),
    time_seconds: read.take("time", runner.time, readRaceTime(runner.time)),
    sp: price?.fraction ?? null,
    sp_decimal: read.take("sp_dec", runner.sp_dec, readDecimalPrice(runner.sp_dec)),
    sp_favourite: price?.favourite ?? null,
    bsp: read.take("bsp", runner.bsp, readDecimalPrice(runner.bsp)),
    rpr: read.take("rpr", runner.rpr, readFigure(runner.rpr)),
    topspeed: read.take("tsr", runner.tsr, readFigure(runner.tsr)),
    prize_amount: prize?.amount ?? null,
    prize_currency: prize?.currency ?? null,
    result_comment: read.text(runner.comment),
  };
  return {
    row,
    entities: {
      horse,
      sire: sire.row,
      dam: dam.row,
      damsire: damsire.row,
      jockey: jockey.row,
      trainer: trainer.row && { ...trainer.row, location: null, card_seen_on: null },
      owner: owner.row,
      bookmakers: [],
    },
    odds: [],
  };
}

function readWeight(runner: ResultRunner, read: RowReader): number | null {
  return read.take("weight_lbs", runner.weight_lbs, readSmallInteger(runner.weight_lbs)) ??
    read.take("weight", runner.weight, readStones(runner.weight));
}
