import { byText, hasRun, type RaceFacts, raceFacts, type Run, runsOf } from "./facts.ts";
import type { RawHorse, RawRows, RawRunner } from "./raw_rows.ts";

/** A row of an answer, as the test has it: by the names of the columns. */
export type Answer = Record<string, unknown>;

/** The answers once more, worked out from the rows and not from the database's functions. */
export class Expected {
  readonly #rows: RawRows;
  readonly #facts: ReadonlyMap<string, RaceFacts>;
  readonly #runs: readonly Run[];
  readonly #ofHorse: ReadonlyMap<string, Run[]>;
  readonly #ofRunner: ReadonlyMap<RawRunner, Run>;

  constructor(rows: RawRows) {
    this.#rows = rows;
    this.#facts = raceFacts(rows);
    this.#runs = runsOf(this.#facts);
    this.#ofRunner = new Map(this.#runs.map((run) => [run.runner, run]));
    this.#ofHorse = Map.groupBy(this.#runs, ({ runner }) => runner.horse_id);
  }

  /** Of each runner, what runner_form adds to the stored columns; by race and horse. */
  runnerForm(): Map<string, Answer> {
    return new Map(this.#rows.runners.map((runner) => [keyOf(runner), this.#formOf(runner)]));
  }

  #formOf(runner: RawRunner): Answer {
    const facts = this.#factsOf(runner.race_id);
    const run = this.#ofRunner.get(runner);
    const before = this.#before(runner.horse_id, facts);
    const last = before.at(-1);
    const name = (who: "jockey" | "trainer" | "owner", of: RawRunner | undefined) =>
      this.#rows.people.get(of?.[`${who}_id`] ?? "") ?? of?.[`${who}_name`];
    const changed = (who: "jockey" | "trainer" | "owner") => {
      const [now, then] = [runner[`${who}_id`], last?.runner[`${who}_id`]];
      return now && then ? now !== then : differs(name(who, runner) ?? null, name(who, last?.runner));
    };
    const worn = before.flatMap((one) => [...one.runner.headgear ?? ""]);
    return {
      code: facts.code,
      is_handicap: facts.isHandicap,
      class_rank: facts.classRank,
      distance_band: facts.distanceBand,
      going_rank: facts.going?.[1] ?? null,
      going_group: facts.going?.[2] ?? null,
      has_run: hasRun(runner),
      ran: run ? facts.field.length : null,
      places_paid: run ? facts.places : null,
      is_winner: run?.isWinner ?? null,
      is_placed: run?.isPlaced ?? null,
      prb: run?.prb ?? null,
      sp_probability: run?.chance ?? null,
      sp_profit: run?.profit ?? null,
      previous_race_id: last?.facts.race.id ?? null,
      days_since_run: last ? facts.day - last.facts.day : null,
      previous_position: last?.runner.position ?? null,
      previous_code: last?.facts.code ?? null,
      is_code_changed: differs(facts.code, last?.facts.code),
      class_change: minus(facts.classRank, last?.facts.classRank),
      distance_change_yards: minus(facts.race.distance_yards, last?.facts.race.distance_yards),
      going_change: facts.going?.[0] === last?.facts.going?.[0]
        ? minus(facts.going?.[1], last?.facts.going?.[1])
        : null,
      weight_change_lbs: minus(runner.weight_lbs, last?.runner.weight_lbs),
      previous_headgear: last?.runner.headgear ?? null,
      is_headgear_changed: last ? runner.headgear !== last.runner.headgear : null,
      is_first_time_headgear: runner.headgear !== null && (
        runner.has_card
          ? runner.headgear_run === "1"
          : [...runner.headgear].some((letter) => !worn.includes(letter))
      ),
      is_first_run_since_wind_surgery: runner.has_card ? runner.wind_surgery_run === "1" : null,
      is_jockey_changed: changed("jockey"),
      is_trainer_changed: changed("trainer"),
      is_owner_changed: changed("owner"),
    };
  }

  /** Of each runner of a day, what is counted on the card; by race and horse. */
  card(date: string): Map<string, Answer> {
    const runners = this.#rows.runners.filter((runner) =>
      this.#factsOf(runner.race_id).race.race_date === date
    );
    return new Map(runners.map((runner) => [keyOf(runner), this.#lineOf(runner)]));
  }

  #lineOf(runner: RawRunner): Answer {
    const facts = this.#factsOf(runner.race_id);
    const own = this.#before(runner.horse_id, facts);
    const earlier = this.#runs.filter((run) => run.facts.happenedAt < facts.knownBefore);
    const { trainer_id: trainer, jockey_id: jockey } = runner;
    const ofTrainer = earlier.filter((run) => run.runner.trainer_id === trainer);
    const ofJockey = earlier.filter((run) => run.runner.jockey_id === jockey);
    const together = ofTrainer.filter((run) => run.runner.jockey_id === jockey);
    const since = (runs: readonly Run[], days: number) =>
      runs.filter((run) => run.facts.day >= facts.day - days);
    const here = (runs: readonly Run[]) =>
      runs.filter((run) => run.facts.race.course_id === facts.race.course_id);
    const both = trainer !== null && jockey !== null;
    const last = own.at(-1);
    return {
      last_six: own.length === 0 ? null : own.slice(-6).map(({ runner }) => figure(runner)).join(""),
      days_since_run: last ? facts.day - Math.max(...own.map(({ facts }) => facts.day)) : null,
      ...record("", own),
      ...record("course_", here(own)),
      ...record("distance_", own.filter((run) => alike(run.facts.distanceBand, facts.distanceBand))),
      ...record("going_", own.filter((run) => alike(run.facts.going?.[2], facts.going?.[2]))),
      ...record("code_", own.filter((run) => alike(run.facts.code, facts.code))),
      ...winsOf("trainer_14_days_", trainer !== null, since(ofTrainer, 14)),
      ...winsOf("trainer_30_days_", trainer !== null, since(ofTrainer, 30)),
      ...winsOf("jockey_14_days_", jockey !== null, since(ofJockey, 14)),
      ...winsOf("jockey_30_days_", jockey !== null, since(ofJockey, 30)),
      ...winsOf("together_", both, together),
      ...winsOf("trainer_course_", trainer !== null, here(ofTrainer)),
      ...winsOf("jockey_course_", jockey !== null, here(ofJockey)),
      ...winsOf("together_course_", both, here(together)),
    };
  }

  /** racing.strike_rates(), by entity, partner and value. */
  strikeRates(entity: string, by: string, since: string | null, until: string | null): Map<string, Answer> {
    const runs = this.#runs.filter(({ facts: { race } }) =>
      race.has_result && (since === null || race.race_date >= since) &&
      (until === null || race.race_date <= until)
    );
    const horses = new Map(this.#rows.horses.map((horse) => [horse.id, horse]));
    const keys = (run: Run): (string | null)[] => {
      const { runner } = run;
      switch (entity) {
        case "pair":
          return [runner.trainer_id ?? runner.trainer_name, runner.jockey_id ?? runner.jockey_name];
        case "trainer":
        case "jockey":
        case "owner":
          return [runner[`${entity}_id`] ?? runner[`${entity}_name`]];
        default: {
          const kind = entity as "sire" | "dam" | "damsire";
          const horse = horses.get(runner.horse_id) as RawHorse;
          return [horse[`${kind}_id`] ?? horse[`${kind}_name`]];
        }
      }
    };
    const all = Map.groupBy(runs, (run) => valueOf(run, by));
    const known = runs.filter((run) => keys(run).every((key) => key !== null));
    const grouped = Map.groupBy(known, (run) => [...keys(run), valueOf(run, by)].join("|"));
    return new Map([...grouped].map(([key, group]) => {
      const overall = all.get(valueOf(group[0] as Run, by)) ?? [];
      return [key, strikeRate(group, overall)];
    }));
  }

  /** racing.draw_bias() of a course, by what it was asked by and third. */
  drawBias(course: string, by: readonly string[], until: string | null): Map<string, Answer> {
    const races = [...this.#facts.values()].filter(({ race, field }) =>
      race.course_id === course && field.length >= 3 && field.every(({ draw }) => draw !== null) &&
      (until === null || race.race_date <= until)
    );
    const runs = races.flatMap((facts) => {
      const stalls = facts.field.toSorted((one, other) =>
        (one.draw ?? 0) - (other.draw ?? 0) || byText(one.horse_id, other.horse_id)
      );
      return stalls.map((runner, nth) => ({
        run: this.#ofRunner.get(runner) as Run,
        situation: situationOf(facts, by),
        third: ["low", "middle", "high"][Math.floor(nth * 3 / stalls.length)],
      }));
    });
    const all = Map.groupBy(runs, ({ situation }) => situation);
    return new Map(
      [...Map.groupBy(runs, ({ situation, third }) => `${situation}|${third}`)].map(([key, group]) => {
        const own = group.map(({ run }) => run);
        const overall = (all.get(group[0]?.situation ?? "") ?? []).map(({ run }) => run);
        return [key, {
          races: new Set(own.map(({ facts }) => facts)).size,
          ...record("", own),
          strike_rate: share(own, ({ isWinner }) => isWinner),
          place_rate: share(own, ({ isPlaced }) => isPlaced),
          prb: average(own.map(({ prb }) => prb)),
          iv: impact(own, overall),
        }];
      }),
    );
  }

  /** The runs of some horses taken together, by dimension and value. */
  profile(isOurs: (horse: RawHorse) => boolean): Map<string, Answer> {
    const horses = new Set(this.#rows.horses.filter(isOurs).map(({ id }) => id));
    const runs = this.#runs.filter(({ runner }) => horses.has(runner.horse_id));
    const lines = runs.flatMap((run) => {
      const parts = ["all", "code", "course", "distance", "going", "class", "age"].map((by) =>
        [by, valueOf(run, by)] as const
      );
      const { headgear, jockey_id, jockey_name } = run.runner;
      return [...parts, ["headgear", headgear] as const, ["jockey", jockey_id ?? jockey_name] as const]
        .map((part) => ({ key: part.join("|"), run }));
    });
    return new Map(
      [...Map.groupBy(lines, ({ key }) => key)].map(([key, group]) => {
        const own = group.map(({ run }) => run);
        const { ae, expected_wins, profit, strike_rate, prb } = strikeRate(own, own);
        const ratings = own.flatMap(({ runner }) => runner.rpr ?? []);
        return [key, {
          horses: new Set(own.map(({ runner }) => runner.horse_id)).size,
          ...record("", own),
          strike_rate,
          prb,
          expected_wins,
          ae,
          profit,
          best_rpr: ratings.length === 0 ? null : Math.max(...ratings),
        }];
      }),
    );
  }

  #factsOf(race: string): RaceFacts {
    const facts = this.#facts.get(race);
    if (facts === undefined) throw new Error(`There is no race ${race}`);
    return facts;
  }

  #before(horse: string, facts: RaceFacts): Run[] {
    return (this.#ofHorse.get(horse) ?? []).filter((run) => run.facts.happenedAt < facts.knownBefore);
  }
}

/** What a runner is found by. */
export function keyOf(
  { race_id, horse_id }: { readonly race_id: string; readonly horse_id: string },
): string {
  return `${race_id}|${horse_id}`;
}

function valueOf({ facts, runner }: Run, by: string): string | null {
  switch (by) {
    case "all":
      return "all";
    case "course":
      return facts.race.course_id;
    case "distance":
      return facts.distanceBand;
    case "going":
      return facts.going?.[2] ?? null;
    case "class": {
      const rank = facts.classRank;
      if (rank === null) return null;
      return rank <= 3 ? `Group or Grade ${rank}` : rank === 4 ? "Listed" : `Class ${rank - 4}`;
    }
    case "code":
      return facts.code;
    case "age":
      return runner.age === null ? null : String(runner.age);
    case "month":
      return facts.race.race_date.slice(5, 7);
    default:
      throw new Error(`Unknown: ${by}`);
  }
}

function situationOf({ race, going, field }: RaceFacts, by: readonly string[]): string {
  const size = field.length;
  return [
    by.includes("distance") && race.distance_yards !== null
      ? Math.round(race.distance_yards / 110) / 2
      : null,
    by.includes("going") ? going?.[2] ?? null : null,
    by.includes("field") ? size >= 16 ? "16+" : size >= 12 ? "12-15" : size >= 8 ? "8-11" : "3-7" : null,
  ].join("|");
}

function strikeRate(own: readonly Run[], overall: readonly Run[]): Answer {
  const wins = own.filter(({ isWinner }) => isWinner).length;
  const priced = own.filter(({ profit }) => profit !== null);
  const fair = own.filter(({ facts }) => facts.book !== null);
  const exchanged = own.filter(({ runner }) => (runner.bsp ?? 0) > 1);
  const sum = (runs: readonly Run[], value: (run: Run) => number) =>
    runs.reduce((total, run) => total + value(run), 0);
  const against = (runs: readonly Run[], chance: (run: Run) => number) =>
    runs.length === 0 ? null : sum(runs, ({ winShare }) => winShare) / sum(runs, chance);
  const z2 = 1.959963984540054 ** 2;
  const n = own.length;
  const p = wins / n;
  const margin = Math.sqrt(z2) * Math.sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  const days = own.map(({ facts }) => facts.race.race_date).toSorted();
  let losing = 0;
  let longest = 0;
  for (const { isWinner } of own) longest = Math.max(longest, losing = isWinner ? 0 : losing + 1);
  return {
    ...record("", own),
    strike_rate: p,
    strike_rate_low: Math.max(0, (p + z2 / (2 * n) - margin) / (1 + z2 / n)),
    strike_rate_high: Math.min(1, (p + z2 / (2 * n) + margin) / (1 + z2 / n)),
    place_rate: share(own, ({ isPlaced }) => isPlaced),
    prb: average(own.map(({ prb }) => prb)),
    iv: impact(own, overall),
    priced_runs: priced.length,
    expected_wins: priced.length === 0 ? null : sum(priced, ({ runner }) => 1 / (runner.sp_decimal ?? NaN)),
    ae: against(priced, ({ runner }) => 1 / (runner.sp_decimal ?? NaN)),
    fair_ae: against(fair, ({ chance }) => chance ?? NaN),
    bsp_runs: exchanged.length,
    bsp_ae: against(exchanged, ({ runner }) => 1 / (runner.bsp ?? NaN)),
    profit: priced.length === 0 ? null : sum(priced, ({ profit }) => profit ?? NaN),
    longest_losing_run: longest,
    first_day: days[0],
    last_day: days.at(-1),
  };
}

function record(prefix: string, runs: readonly Run[]): Answer {
  return {
    [`${prefix}runs`]: runs.length,
    [`${prefix}wins`]: runs.filter(({ isWinner }) => isWinner).length,
    [`${prefix}places`]: runs.filter(({ isPlaced }) => isPlaced).length,
  };
}

function winsOf(prefix: string, isKnown: boolean, runs: readonly Run[]): Answer {
  const { runs: count, wins } = record("", runs);
  return { [`${prefix}runs`]: isKnown ? count : null, [`${prefix}wins`]: isKnown ? wins : null };
}

function share(runs: readonly Run[], counts: (run: Run) => boolean): number {
  return runs.filter(counts).length / runs.length;
}

function average(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function impact(own: readonly Run[], overall: readonly Run[]): number | null {
  const wins = (runs: readonly Run[]) => runs.filter(({ isWinner }) => isWinner).length;
  return wins(overall) === 0 ? null : wins(own) / wins(overall) / (own.length / overall.length);
}

function minus(one: number | null | undefined, other: number | null | undefined): number | null {
  return one === null || one === undefined || other === null || other === undefined ? null : one - other;
}

function differs(one: string | null, other: string | null | undefined): boolean | null {
  return one === null || other === null || other === undefined ? null : one !== other;
}

function alike(one: string | null | undefined, other: string | null | undefined): boolean {
  return one !== null && one !== undefined && one === other;
}

function figure({ position, position_code }: RawRunner): string {
  if (position !== null) return position > 9 ? "0" : String(position);
  return position_code === "RO" ? "O" : position_code?.[0] ?? "?";
}
