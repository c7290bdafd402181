/** What happened: finishing order, distances, times, prices and money of a race as `/results` shows it. */

import { dateOf, londonInstant, londonIso, twelveHour } from "../london.ts";
import type { RaceField, Runner } from "./field.ts";
import { sexAt } from "./horses.ts";
import { Random } from "./random.ts";
import {
  dividend,
  halfFurlongs,
  LADDER,
  lengths,
  raceTime,
  resultPrize,
  roundDistance,
  silkUrl,
  stones,
  winningTime,
} from "./values.ts";
import { runComment } from "./words.ts";

/** U+2013, which results use for a missing rating. */
const MISSING = "–";
const BSP_FROM = "2026-01-01";
/** Since then many results name an owner without an id, Irish ones above all: 7 of 93 runners. */
const UNKNOWN_OWNERS_FROM = "2026-01-01";
const SILKS_FROM = "2006-01-01";
const PRIZE_SHARES = [1, 0.4692, 0.2344, 0.1173, 0.0585];
const SECONDS_A_LENGTH = 0.2;

interface Finish {
  readonly runner: Runner;
  readonly position: string;
  /** Lengths behind the horse in front, and behind the winner; undefined for one that did not finish. */
  readonly behind: number | undefined;
  readonly behindWinner: number | undefined;
}

interface StartingPrice {
  readonly text: string;
  readonly decimal: number;
}

const NO_PRICE: StartingPrice = { text: "", decimal: 1 };

/** When the ratings of a race are known: one to five days after it. */
export function ratingsKnownAt(seed: number, field: RaceField): number {
  const lag = new Random(`${seed}:ratings:${field.race.id}`).int(1, 5);
  return londonInstant(field.race.resultDay + lag, 10 * 60);
}

/** The JSON text of a result, before or after the ratings are known. */
export function resultJson(seed: number, field: RaceField, ratingsKnown: boolean): string {
  const { race, conditions } = field;
  const { course } = race.meeting;
  const region = course.region_code;
  const random = new Random(`${seed}:result:${race.id}`);
  const ran = field.runners.filter(({ nonRunner, reserve }) => nonRunner === undefined && !reserve);
  const voided = region !== "gb" && region !== "ire" && random.chance(0.01);
  const finishes = runRace(random, ran, conditions.type !== "Flat", voided);
  const prices = startingPrices(ran);
  const pace = conditions.type === "Flat" ? 17.8 - conditions.yards / 2_200 : 14.6 - conditions.yards / 9_000;
  const seconds = conditions.yards / pace + random.next() * 6;
  const date = dateOf(race.resultDay);
  const winner = prices.get(finishes[0]?.runner ?? (ran[0] as Runner))?.decimal ?? 3;
  const second = prices.get(finishes[1]?.runner ?? (ran[0] as Runner))?.decimal ?? 3;
  const third = prices.get(finishes[2]?.runner ?? (ran[0] as Runner))?.decimal ?? 3;
  const places = ran.length < 5
    ? 1
    : ran.length < 8
    ? 2
    : ran.length < 16 || conditions.top === undefined
    ? 3
    : 4;
  const money = (amount: number) => voided ? "" : dividend(amount, region);
  const foreign = region !== "gb" && region !== "ire";

  const raceJson = JSON.stringify({
    race_id: race.id,
    date,
    region: region.toUpperCase(),
    course: course.resultName,
    course_id: course.id,
    off: twelveHour(race.actualOff),
    off_dt: londonIso(race.actualOff),
    race_name: conditions.name,
    type: conditions.type,
    class: conditions.raceClass,
    pattern: conditions.pattern,
    rating_band: conditions.ratingBand,
    age_band: conditions.ageBand,
    sex_rest: conditions.sexRestriction,
    dist: roundDistance(conditions.yards),
    dist_y: String(conditions.yards),
    dist_m: foreign
      ? (Math.round(conditions.yards * 0.009144) * 100).toFixed(1)
      : String(Math.round(conditions.yards * 0.9144)),
    dist_f: `${halfFurlongs(conditions.yards)}f`,
    going: conditions.going,
    surface: conditions.surface,
    jumps: conditions.jumps,
    winning_time_detail: voided ? "" : winningTime(seconds, random.next() * 8 - 1),
    comments: random.chance(0.04) ? "Stewards looked into the running; the placings stood." : "",
    non_runners: field.runners.filter(({ nonRunner }) => nonRunner !== undefined)
      .map(({ horse, nonRunner }) => `${horse.name} (${nonRunner?.reason ?? ""})`).join(", "),
    tote_win: money(winner),
    tote_pl: voided ? "" : [winner, second, third, 8].slice(0, places)
      .map((decimal) => dividend(1 + (decimal - 1) / 4, region)).join(" "),
    tote_ex: money(winner * second * 0.8),
    tote_csf: voided ? "" : `${dividend(winner * second * 0.75, region)}`,
    tote_tricast: ran.length >= 8 && conditions.top !== undefined ? money(winner * second * third * 0.6) : "",
    tote_trifecta: ran.length >= 3 ? money(winner * second * third * 0.7) : "",
  });
  const runners = finishes.map((finish) =>
    runnerJson(finish, field, prices, { seconds, ratingsKnown, voided, date })
  );
  return `${raceJson.slice(0, -1)},"runners":[${runners.join(",")}]}`;
}

/**
 * One runner as JSON text. Written out because it is nine tenths of a result and two and a half times as fast as
 * `JSON.stringify`; no generated name or phrase needs escaping.
 */
function runnerJson(
  { runner, position, behind, behindWinner }: Finish,
  { race, conditions }: RaceField,
  prices: ReadonlyMap<Runner, StartingPrice>,
  about: {
    readonly seconds: number;
    readonly ratingsKnown: boolean;
    readonly voided: boolean;
    readonly date: string;
  },
): string {
  const { horse, rider, trainer, owner, hash } = runner;
  const { sire, dam, damsire } = horse;
  const region = race.meeting.course.region_code;
  const price = prices.get(runner) ?? NO_PRICE;
  const share = PRIZE_SHARES[Number(position) - 1];
  const rated = about.ratingsKnown && behindWinner !== undefined && behindWinner < 45 && hash % 37 !== 0;
  const rating = Math.round((runner.rating ?? horse.rating) + 8 - (behindWinner ?? 0) * 1.4);
  const foreign = region !== "gb" && region !== "ire";
  const bsp = about.date < BSP_FROM
    ? ""
    : `"bsp":"${foreign ? "" : (price.decimal * (1.02 + hash % 30 / 100)).toFixed(2)}",`;
  const silks = about.date < SILKS_FROM ? "" : silkUrl(owner.id);
  // Some ids come with the ratings.
  const ownerId = about.date < UNKNOWN_OWNERS_FROM || !isUnknownOwner(hash, region) ||
      about.ratingsKnown && hash % 5 === 0
    ? owner.id
    : "";
  const jockeyId = about.date < UNKNOWN_OWNERS_FROM || hash % 607 !== 0 ? rider.id : "";
  const comment = hash % 211 === 0 ? "null" : `"${runComment(hash, behindWinner !== undefined)}"`;
  return `{"horse_id":"hrs_${horse.digits}","horse":"${horse.name} (${horse.region})","sp":"${price.text}",` +
    `"sp_dec":"${price.decimal.toFixed(2)}",${bsp}"number":"${runner.number}","position":"${position}",` +
    `"draw":"${runner.draw || ""}","btn":"${behind === undefined ? "-" : lengths(behind)}",` +
    `"ovr_btn":"${behindWinner === undefined ? "-" : lengths(behindWinner)}","age":"${runner.age}",` +
    `"sex":"${sexAt(horse, runner.age).code}","weight":"${
      stones(runner.lbs)
    }","weight_lbs":"${runner.lbs}",` +
    `"headgear":"${runner.headgear}",` +
    `"time":"${
      behindWinner === undefined ? "-" : raceTime(about.seconds + behindWinner * SECONDS_A_LENGTH)
    }",` +
    `"or":"${runner.rating ?? MISSING}","rpr":"${rated && rating > -10 ? rating : MISSING}",` +
    `"tsr":"${rated && rating > 20 && hash % 3 !== 0 ? rating - 9 - hash % 20 : MISSING}",` +
    `"prize":"${share === undefined || about.voided ? "" : resultPrize(conditions.prize * share, region)}",` +
    `"jockey":"${rider.name}","jockey_claim_lbs":"${rider.claim}","jockey_id":"${jockeyId}",` +
    `"trainer":"${trainer.name}","trainer_id":"${trainer.id}","owner":"${owner.name}","owner_id":"${ownerId}",` +
    `"sire":"${sire.name} (${sire.region})","sire_id":"sir_${sire.digits}","dam":"${dam.name} (${dam.region})",` +
    `"dam_id":"dam_${dam.digits}","damsire":"${damsire.name}","damsire_id":"dsi_${damsire.digits}",` +
    `"comment":${comment},"silk_url":"${silks}"}`;
}

function isUnknownOwner(hash: number, region: string): boolean {
  return region === "ire" ? hash % 9 < 2 : region === "gb" && hash % 36 === 0;
}

function runRace(random: Random, ran: readonly Runner[], jumps: boolean, voided: boolean): Finish[] {
  const merits = ran.map((runner) => ({ runner, merit: runner.strength + random.normal() * 1.6 }))
    .sort((a, b) => b.merit - a.merit);
  if (voided) {
    return merits.map(({ runner }) => ({
      runner,
      position: "VOI",
      behind: undefined,
      behindWinner: undefined,
    }));
  }
  const finishers: Runner[] = [];
  const others: Finish[] = [];
  merits.forEach(({ runner }, index) => {
    // Somebody always wins.
    const code = index === 0 ? undefined : mishap(random, jumps);
    if (code === undefined) finishers.push(runner);
    else others.push({ runner, position: code, behind: undefined, behindWinner: undefined });
  });
  const deadHeatAt = random.chance(0.006) && finishers.length > 1
    ? random.int(1, Math.min(4, finishers.length - 1))
    : -1;
  const finishes: Finish[] = [];
  let behindWinner = 0;
  let place = 1;
  finishers.forEach((runner, index) => {
    const behind = index === 0 || index === deadHeatAt ? 0 : gap(random, jumps);
    if (index !== deadHeatAt) place = index + 1;
    behindWinner += behind;
    finishes.push({ runner, position: String(place), behind, behindWinner });
  });
  return [...finishes, ...others];
}

function gap(random: Random, jumps: boolean): number {
  const share = random.next();
  if (share < 0.12) return random.pick([0.05, 0.1, 0.2, 0.3]);
  if (share < 0.55) return random.pick([0.5, 0.75, 0.75, 1, 1.25]);
  if (share < 0.93) return random.int(6, jumps ? 30 : 14) / 4;
  return random.int(6, jumps ? 35 : 18);
}

function mishap(random: Random, jumps: boolean): string | undefined {
  const share = random.next();
  if (!jumps) return share < 0.003 ? random.pick(["UR", "PU", "RR", "DSQ", "RO", "SU"]) : undefined;
  if (share > 0.105) return undefined;
  if (share < 0.066) return "PU";
  if (share < 0.084) return "F";
  if (share < 0.097) return "UR";
  return random.pick(["BD", "RO", "RR", "SU", "REF", "DSQ", "LFT", "CO", "BD", "BD"]);
}

/** The market's last word, with F for the favourite, J for joint and C for co-favourites. */
function startingPrices(ran: readonly Runner[]): Map<Runner, StartingPrice> {
  const shortest = Math.min(...ran.map(({ price }) => price));
  const favourites = ran.filter(({ price }) => price === shortest).length;
  const letter = favourites === 1 ? "F" : favourites === 2 ? "J" : "C";
  return new Map(ran.map((runner) => {
    const price = LADDER[runner.price] ?? { fraction: "", decimal: 0 };
    return [runner, {
      text: `${price.fraction}${runner.price === shortest ? letter : ""}`,
      decimal: price.decimal,
    }];
  }));
}
