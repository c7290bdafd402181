/** The card of a race as `/racecards/pro` shows it at an instant. */

import { dateOf, londonDay, londonIso, twelveHour } from "../london.ts";
import { antePostEntries, hasRunBefore, lastRun, type RaceField, type Runner } from "./field.ts";
import { type Horse, type Horses, sexAt } from "./horses.ts";
import { NON_RUNNER_JOCKEY_ID } from "./people.ts";
import { eachWay, oddsJson } from "./odds.ts";
import { hashNumbers } from "./random.ts";
import { cardPrize, exactDistance, halfFurlongs, LADDER, roundDistance, silkUrl } from "./values.ts";
import { cardComment, formFigures, quoteText, spotlight, tourText, verdict } from "./words.ts";

const QUOTED_RACES = [
  "Winter Garden Maiden Stakes",
  "Long Acre Brewery Daily Boosts Novices' Limited Handicap Hurdle",
  "Harbour Lights Fillies' Conditions Stakes (Class 2)",
];

/** The JSON text of a card. */
export function racecardJson(
  seed: number,
  field: RaceField,
  horses: Horses,
  now: number,
  withPrices = true,
): string {
  const { race, conditions } = field;
  const { course } = race.meeting;
  const region = course.region_code;
  const ahead = race.day - londonDay(now);
  const antePost = race.big && ahead >= 4;
  const declared = ahead <= 2;
  const gone = (runner: Runner) =>
    runner.nonRunner !== undefined && !runner.nonRunner.late && now >= runner.nonRunner.at;
  const abandoned = race.abandonedAt !== undefined && now >= race.abandonedAt;
  const standing = field.runners.filter((runner) => !runner.reserve && !gone(runner));
  const favourites = [...standing].sort((a, b) => a.price - b.price);
  const hash = hashNumbers(seed, race.day, race.slot, 81);
  const odds = withPrices && declared && (region === "gb" || region === "ire");
  const terms = eachWay(standing.length, conditions.top !== undefined);
  const seenAt = Math.min(now, race.off - 60_000);

  const card = {
    race_id: race.id,
    course: course.cardName,
    course_id: course.id,
    date: dateOf(race.day),
    off_time: twelveHour(race.off),
    off_dt: londonIso(race.off),
    race_name: conditions.name,
    distance_round: roundDistance(conditions.yards),
    distance: exactDistance(conditions.yards),
    distance_f: halfFurlongs(conditions.yards).toFixed(1),
    region: region.toUpperCase(),
    pattern: conditions.pattern,
    sex_restriction: conditions.sexRestriction,
    race_class: conditions.raceClass,
    type: conditions.type,
    age_band: conditions.ageBand,
    rating_band: conditions.ratingBand,
    prize: antePost || hash % 230 === 0 ? "" : cardPrize(conditions.prize, region),
    field_size: antePost ? "0" : String(standing.length),
    going_detailed: conditions.goingDetailed || (hash % 11 === 0 ? null : ""),
    rail_movements: conditions.rail || (hash % 13 === 0 ? null : ""),
    stalls: conditions.stalls,
    weather: conditions.weather || (hash % 17 === 0 ? null : ""),
    going: antePost || ahead > 5 ? "" : conditions.going,
    surface: conditions.surface,
    jumps: conditions.jumps,
    big_race: race.big,
    is_abandoned: abandoned,
    tip: declared ? favourites[hash % 2]?.horse.name ?? "" : "",
    verdict: declared ? verdict(hash, favourites[0]?.horse.name ?? "") : null,
    betting_forecast: declared
      ? favourites.slice(0, 8).map(({ price, horse }) => `${LADDER[price]?.fraction ?? ""} ${horse.name}`)
        .join(
          ", ",
        )
      : "",
    // The field came with the API of 2026.
    ...(dateOf(race.day) >= "2026-01-01"
      ? { race_status: raceStatus(abandoned, race.publishedAt <= now) }
      : {}),
  };

  const runners = antePost
    ? antePostEntries(seed, field, horses).map(({ horse, runner }) =>
      withOdds(antePostRunner(horse, runner, field, horses), "[]")
    )
    : field.runners.map((runner) => {
      const isGone = gone(runner);
      const price = runner.reserve ? LADDER.length - 12 : isGone ? undefined : runner.price;
      return withOdds(
        cardRunner(runner, field, horses, { declared, gone: isGone }),
        odds ? oddsJson({ day: race.day, price, hash: runner.hash, terms, at: seenAt }) : "[]",
      );
    });
  return `${JSON.stringify(card).slice(0, -1)},"runners":[${runners.join(",")}]}`;
}

function raceStatus(abandoned: boolean, over: boolean): string {
  return abandoned ? "Abandoned" : over ? "Results" : "";
}

function withOdds(runner: object, odds: string): string {
  return `${JSON.stringify(runner).slice(0, -1)},"odds":${odds}}`;
}

/** What is known of the animal in any race. */
function pedigree(horse: Horse, age: number) {
  const sex = sexAt(horse, age);
  return {
    horse_id: `hrs_${horse.digits}`,
    horse: horse.name,
    dob: horse.digits % 900 === 1 ? null : horse.dob,
    age: String(age),
    sex: sex.word,
    sex_code: sex.code,
    colour: horse.colour,
    region: horse.region,
    breeder: horse.breeder,
    dam: horse.dam.name,
    dam_id: `dam_${horse.dam.digits}`,
    dam_region: horse.dam.region,
    sire: horse.sire.name,
    sire_id: `sir_${horse.sire.digits}`,
    sire_region: horse.sire.region,
    damsire: horse.damsire.name,
    damsire_id: `dsi_${horse.damsire.digits}`,
    damsire_region: horse.damsire.region,
  };
}

function antePostRunner(
  horse: Horse,
  runner: Runner | undefined,
  { race }: RaceField,
  horses: Horses,
): object {
  const trainer = runner?.trainer ?? horses.trainer(horse, race.day).now;
  const owner = runner?.owner ?? horses.owner(horse, race.day).now;
  return {
    ...pedigree(horse, Number(dateOf(race.day).slice(0, 4)) - horse.birthYear),
    trainer: trainer.name,
    trainer_id: trainer.id,
    trainer_location: trainer.location,
    trainer_14_days: null,
    owner: owner.name,
    owner_id: owner.id,
    prev_trainers: [],
    prev_owners: [],
    comment: null,
    spotlight: null,
    quotes: [],
    stable_tour: [],
    medical: [],
    number: "",
    draw: "",
    headgear: "",
    headgear_run: "",
    wind_surgery: "",
    wind_surgery_run: "",
    past_results_flags: [],
    lbs: "",
    ofr: runner?.rating === undefined ? "-" : String(runner.rating),
    rpr: "-",
    ts: "-",
    jockey: "",
    jockey_id: "",
    silk_url: null,
    last_run: "",
    form: null,
    trainer_rtf: null,
  };
}

function cardRunner(
  runner: Runner,
  { race, conditions }: RaceField,
  horses: Horses,
  state: { readonly declared: boolean; readonly gone: boolean },
): object {
  const { horse, hash, trainer, owner } = runner;
  const experienced = hasRunBefore(runner, horses, race.day);
  const known = experienced && hash % 9 !== 0;
  // A trainer without a runner in a fortnight: 3 of 311.
  const runs = hash % 104 === 0 ? 0 : 1 + hash % 26;
  const wins = Math.floor(runs * ((hash >>> 5) % 40) / 100);
  const windSurgery = conditions.type !== "Flat" && hash % 5 === 0;
  const recentSurgery = windSurgery && hash % 3 === 0;
  return {
    ...pedigree(horse, runner.age),
    trainer: trainer.name,
    trainer_id: trainer.id,
    trainer_location: trainer.location,
    trainer_14_days: {
      runs: String(runs),
      wins: String(wins),
      percent: runs === 0 ? "None" : String(Math.round(100 * wins / runs)),
    },
    owner: owner.name,
    owner_id: owner.id,
    prev_trainers: runner.previousTrainer
      ? [{
        trainer: runner.previousTrainer.trainer.name,
        trainer_id: runner.previousTrainer.trainer.id,
        change_date: dateOf(runner.previousTrainer.changed),
      }]
      : [],
    prev_owners: runner.previousOwner
      ? [{
        owner: runner.previousOwner.owner.name,
        owner_id: runner.previousOwner.owner.id,
        change_date: dateOf(runner.previousOwner.changed),
      }]
      : [],
    comment: hash % 31 === 0 ? null : cardComment(hash),
    spotlight: state.declared ? spotlight(hash, roundDistance(conditions.yards)) : "",
    quotes: hash % 5 === 2 ? [quote(runner, race)] : [],
    stable_tour: hash % 7 === 3 ? [{ quote: tourText(hash, horse.name) }] : [],
    medical: windSurgery ? [{ date: dateOf(race.day - 60 - (hash >>> 8) % 400), type: "Wind Surgery" }] : [],
    ...position(runner, state),
    headgear: runner.headgear,
    headgear_run: runner.headgear !== "" && hash % 6 === 0 ? String(1 + (hash >>> 3) % 3) : "",
    wind_surgery: recentSurgery ? "w" : "",
    wind_surgery_run: recentSurgery ? "1" : "",
    past_results_flags: experienced ? [["D"], [], ["C", "D"], [], ["CD"], [], ["BF"], []][hash % 8] : [],
    lbs: String(runner.lbs),
    ofr: runner.rating === undefined ? "-" : String(runner.rating),
    rpr: known ? String((runner.rating ?? horse.rating) + (hash >>> 7) % 13) : "-",
    ts: known && hash % 4 !== 0
      // A poor run earns a figure below 0.
      ? String((runner.rating ?? horse.rating) - 5 - (hash >>> 10) % 44)
      : "-",
    silk_url: hash % 400 === 0 ? null : silkUrl(owner.id),
    last_run: lastRun(runner, conditions, horses, race.day),
    form: experienced ? formFigures(hash, 1 + (hash >>> 12) % 6) : hash % 2 === 0 ? "" : null,
    trainer_rtf: hash % 14 === 0 ? "" : String((hash >>> 6) % 101),
  };
}

/** Number, stall and rider: what changes between entry, declaration and the morning's non-runners. */
function position(runner: Runner, state: { readonly declared: boolean; readonly gone: boolean }) {
  if (!state.declared) return { number: "", draw: "", jockey: "", jockey_id: "" };
  const claim = runner.jockey.claim > 0 ? `(${runner.jockey.claim})` : "";
  const draw = String(runner.draw);
  if (state.gone) {
    const stays = runner.nonRunner?.jockeyStays === true;
    return {
      number: "NR",
      draw,
      jockey: stays ? `${runner.jockey.name}${claim}` : `NON-RUNNER${claim}`,
      jockey_id: stays ? runner.jockey.id : NON_RUNNER_JOCKEY_ID,
    };
  }
  // A reserve seldom has a rider before it gets a run.
  const open = runner.reserve && runner.hash % 3 > 0 || runner.hash % 700 === 0;
  return {
    number: runner.reserve ? `R${runner.number}` : String(runner.number),
    draw: runner.reserve ? "0" : draw,
    jockey: open ? "" : `${runner.jockey.name}${claim}`,
    jockey_id: open ? "" : runner.jockey.id,
  };
}

function quote(
  { horse, hash, trainer }: Runner,
  { day, id, meeting: { course } }: RaceField["race"],
): object {
  return {
    date: dateOf(day - 30 - hash % 300),
    horse: horse.name,
    horse_id: `hrs_${horse.digits}`,
    race: QUOTED_RACES[(hash >>> 6) % QUOTED_RACES.length],
    // Of an earlier race, which need not be stored.
    race_id: id.replace(/\d{4}$/, String(1000 + hash % 9000)),
    course: course.cardName,
    course_id: course.id,
    distance_f: "8",
    distance_y: "1760",
    quote: quoteText(hash, horse.name, trainer.name),
  };
}
