import type { CardRunner } from "../racing_api/schemas.ts";
import { readDate } from "../values/dates.ts";
import { readDraw } from "../values/draw.ts";
import { readCardJockey } from "../values/jockey.ts";
import { jsonList } from "../values/json.ts";
import { readLastRun } from "../values/last_run.ts";
import { presentText } from "../values/missing.ts";
import { readAnimalName } from "../values/names.ts";
import { readFigure, readPercent, readSmallInteger } from "../values/numbers.ts";
import { readRunnerNumber } from "../values/runner_number.ts";
import { readSilk } from "../values/silk.ts";
import type { CheckedRace, RunnerEntry } from "./collect_races.ts";
import { namedJockey, parentColumns, readParent, readPerson } from "./entities.ts";
import { NO_ODDS, readOdds } from "./read_odds.ts";
import type { RowReader } from "./row_reader.ts";
import type { CardRunnerRow, HorseRow } from "./rows.ts";

/** What of a card is read only when it is asked for. */
export interface CardOptions {
  /** Whether odds and the bookmakers in them become rows. Off by default. */
  readonly captureOdds?: boolean;
}

/** A runner of /racecards/pro: its row, the master rows it brings, and its odds when they are asked for. */
export function readCardRunner(
  runner: CardRunner,
  { race_id, date: race_date }: CheckedRace,
  read: RowReader,
  { captureOdds = false }: CardOptions = {},
): RunnerEntry<CardRunnerRow> {
  const quoted = captureOdds ? readOdds(runner.odds, race_id, runner.horse_id, read) : NO_ODDS;
  const number = read.take("number", runner.number, readRunnerNumber(runner.number));
  const entry = read.take("jockey_id", runner.jockey_id, readCardJockey(runner.jockey, runner.jockey_id));
  const jockey = namedJockey(entry, race_date);
  const sire = readParent(read, "sire", runner.sire_id, runner.sire, runner.sire_region, race_date);
  const dam = readParent(read, "dam", runner.dam_id, runner.dam, runner.dam_region, race_date);
  const damsire = readParent(
    read,
    "damsire",
    runner.damsire_id,
    runner.damsire,
    runner.damsire_region,
    race_date,
  );
  const trainer = readPerson(read, "trainer", runner.trainer_id, runner.trainer, race_date);
  const owner = readPerson(read, "owner", runner.owner_id, runner.owner, race_date);
  const lastRun = readLastRun(runner.last_run);
  const recent = runner.trainer_14_days;
  const { name, region } = readAnimalName(runner.horse);
  const horse: HorseRow = {
    id: runner.horse_id,
    name,
    region_code: read.text(runner.region)?.toLowerCase() ?? region,
    dob: read.take("dob", runner.dob, readDate(runner.dob)),
    sex: read.text(runner.sex),
    sex_code: read.text(runner.sex_code),
    colour: read.text(runner.colour),
    breeder: read.text(runner.breeder),
    ...parentColumns(sire, dam, damsire),
    last_seen_on: race_date,
    card_seen_on: race_date,
  };
  const row: CardRunnerRow = {
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
    sex_code: horse.sex_code,
    weight_lbs: read.take("lbs", runner.lbs, readSmallInteger(runner.lbs)),
    headgear: read.text(runner.headgear),
    official_rating: read.take("ofr", runner.ofr, readSmallInteger(runner.ofr)),
    jockey_claim_lbs: entry?.claimLbs ?? null,
    silk: read.take("silk_url", runner.silk_url, readSilk(runner.silk_url)),
    is_non_runner: number?.isNonRunner === true || entry?.isNonRunner === true,
    is_reserve: number?.isReserve === true,
    has_card: true,
    has_result: false,
    headgear_run: read.text(runner.headgear_run),
    wind_surgery: read.text(runner.wind_surgery),
    wind_surgery_run: read.text(runner.wind_surgery_run),
    card_rpr: read.take("rpr", runner.rpr, readFigure(runner.rpr)),
    card_topspeed: read.take("ts", runner.ts, readFigure(runner.ts)),
    form: read.text(runner.form),
    last_run: lastRun.text,
    last_run_days: lastRun.days,
    card_comment: read.text(runner.comment),
    spotlight: read.text(runner.spotlight),
    trainer_rtf_percent: read.take("trainer_rtf", runner.trainer_rtf, readPercent(runner.trainer_rtf)),
    trainer_14_days_runs: read.take("trainer_14_days.runs", recent?.runs, readSmallInteger(recent?.runs)),
    trainer_14_days_wins: read.take("trainer_14_days.wins", recent?.wins, readSmallInteger(recent?.wins)),
    trainer_14_days_percent: read.take(
      "trainer_14_days.percent",
      recent?.percent,
      readPercent(recent?.percent),
    ),
    past_results_flags: readFlags(runner.past_results_flags, read),
    quotes: jsonList(runner.quotes),
    stable_tour: jsonList(runner.stable_tour),
    medical: jsonList(runner.medical),
    previous_trainers: jsonList(runner.prev_trainers),
    previous_owners: jsonList(runner.prev_owners),
  };
  return {
    row,
    entities: {
      horse,
      sire: sire.row,
      dam: dam.row,
      damsire: damsire.row,
      jockey: jockey.row,
      trainer: trainer.row &&
        { ...trainer.row, location: read.text(runner.trainer_location), card_seen_on: race_date },
      owner: owner.row,
      bookmakers: quoted.bookmakers,
    },
    odds: quoted.rows,
  };
}

/** Letters such as C, D and BF. */
function readFlags(flags: CardRunner["past_results_flags"], read: RowReader): string[] | null {
  const texts: string[] = [];
  for (const flag of flags ?? []) {
    const text = typeof flag === "string" ? presentText(flag) : null;
    if (text !== null) texts.push(text);
    else if (typeof flag !== "string") {
      read.noteMisread("past_results_flags", flag, "holds something that is not text");
    }
  }
  return texts.length > 0 ? texts : null;
}
