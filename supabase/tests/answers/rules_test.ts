import { assert, assertEquals } from "@std/assert";
import postgres from "postgres";
import { insertRows } from "../support/answers/small_world.ts";
import { startTestDatabase, type TestDatabase } from "../support/test_database.ts";

/** The rules of docs/racing.md, each with a race of its own. */
let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await insertRows(db.sql, "ra_mst_courses", [{ id: "crs_1", name: "Upper Sandbury", is_listed: true }]);
  await insertRows(
    db.sql,
    "ra_mst_horses",
    Array.from(
      { length: 20 },
      (_, n) => ({ id: `hrs_${n + 1}`, name: `Horse ${n + 1}`, last_seen_on: "2026-06-01" }),
    ),
  );
  await insertRows(db.sql, "ra_mst_trainers", [{
    id: "trn_1",
    name: "Ada Quill",
    last_seen_on: "2026-06-01",
  }]);
});

type Row = Record<string, unknown>;

let races = 0;

/** Stores a race whose runners are given one after the other, and returns their rows of runner_form in that order. */
async function raceOf(runners: readonly Row[], race: Row = {}): Promise<Row[]> {
  const id = `rac_${++races}`;
  await insertRows(db.sql, "ra_races", [{
    id,
    course_id: "crs_1",
    region_code: "gb",
    race_date: "2026-06-01",
    off_dt: "2026-06-01T13:00:00Z",
    race_name: "The Lamplighter Stakes",
    race_type: "Flat",
    surface: "Turf",
    has_card: true,
    has_result: true,
    ...race,
  }]);
  await insertRows(
    db.sql,
    "ra_runners",
    runners.map((runner, n) => ({
      race_id: id,
      horse_id: `hrs_${n + 1}`,
      number: n + 1,
      trainer_id: "trn_1",
      has_result: true,
      has_card: true,
      is_non_runner: false,
      is_reserve: false,
      ...runner,
    })),
  );
  return await db.worker`
    select *, prb::float8 as prb, sp_probability::float8 as sp_probability, sp_profit::float8 as sp_profit
    from racing.runner_form where race_id = ${id} order by number
  `;
}

const column = (rows: readonly Row[], name: string) => rows.map((row) => row[name]);

/** The trainer's row of racing.strike_rates(). */
async function trainer(): Promise<Row | undefined> {
  const [row] = await db.worker`
    select *, ae::float8 as ae, fair_ae::float8 as fair_ae, iv::float8 as iv, profit::float8 as profit, prb::float8 as prb
    from racing.strike_rates('trainer')
  `;
  return row;
}

Deno.test("PRB is the share of rivals that finished behind", async () => {
  const rows = await raceOf([1, 2, 3, 4, 5].map((position) => ({ position })));
  assertEquals(column(rows, "prb"), [1, 0.75, 0.5, 0.25, 0]);
});

Deno.test("those that did not finish share the places behind the finishers, and the average stays a half", async () => {
  const rows = await raceOf([{ position: 1 }, { position: 2 }, { position_code: "PU" }, {
    position_code: "F",
  }]);
  assertEquals(column(rows, "prb"), [1, 0.6667, 0.1667, 0.1667]);
});

Deno.test("where a runner of the result is lacking, the last position says how many ran", async () => {
  const rows = await raceOf([{ position: 1 }, { position: 5 }, { position_code: "PU" }]);
  assertEquals(column(rows, "prb"), [1, 0, 0.25]);
});

Deno.test("in a dead heat both have won, share the stake and half of the win each", async () => {
  const rows = await raceOf([
    { position: 1, sp_decimal: 4 },
    { position: 1, sp_decimal: 2 },
    { position: 3, sp_decimal: 4 },
  ]);
  assertEquals(column(rows, "is_winner"), [true, true, false]);
  assertEquals(column(rows, "sp_profit"), [1, 0, -1]);
  assertEquals(column(rows, "prb"), [1, 1, 0]);
  const row = await trainer();
  // One win of a race whose prices come to 1.
  assertEquals([row?.["wins"], row?.["ae"], row?.["fair_ae"], row?.["profit"]], [2, 1, 1, 0]);
});

Deno.test("the chance by the starting prices is without the overround", async () => {
  const rows = await raceOf([
    { position: 1, sp_decimal: 2 },
    { position: 2, sp_decimal: 2 },
    { position: 3, sp_decimal: 4 },
  ]);
  assertEquals(column(rows, "sp_probability"), [0.4, 0.4, 0.2]);
  const row = await trainer();
  assertEquals([row?.["ae"], row?.["fair_ae"]], [0.8, 1]);
});

Deno.test("where one has no price, nobody has a chance by the prices; the others' bets count", async () => {
  const rows = await raceOf([{ position: 1, sp_decimal: 3 }, { position: 2, sp_decimal: null }]);
  assertEquals(column(rows, "sp_probability"), [null, null]);
  assertEquals(column(rows, "sp_profit"), [2, null]);
  const row = await trainer();
  assertEquals([row?.["runs"], row?.["priced_runs"], row?.["ae"], row?.["fair_ae"]], [2, 1, 3, null]);
});

Deno.test("a void race is no run for anybody", async () => {
  const rows = await raceOf([{ position_code: "VOI", sp_decimal: 2 }, {
    position_code: "VOI",
    sp_decimal: 3,
  }]);
  assertEquals(column(rows, "has_run"), [false, false]);
  assertEquals(column(rows, "ran"), [null, null]);
  assertEquals(await trainer(), undefined);
});

Deno.test("a disqualified horse has run, and has neither won nor been placed", async () => {
  const [, lost] = await raceOf([{ position: 1 }, { position_code: "DSQ" }, { position: 2 }]);
  assertEquals([lost?.["has_run"], lost?.["is_winner"], lost?.["is_placed"], lost?.["prb"]], [
    true,
    false,
    false,
    0,
  ]);
});

Deno.test("non-runners and reserves are no runners; a reserve that got a run is one", async () => {
  const rows = await raceOf([
    { position: 1 },
    { is_non_runner: true, has_result: false },
    { is_reserve: true, is_non_runner: true, has_result: false },
    { is_reserve: true, position: 2 },
  ]);
  assertEquals(column(rows, "has_run"), [true, false, false, true]);
  assertEquals(column(rows, "ran"), [2, null, null, 2]);
});

Deno.test("a walkover is a win without a rival", async () => {
  const [alone] = await raceOf([{ position: 1 }]);
  assertEquals(
    [alone?.["is_winner"], alone?.["is_placed"], alone?.["prb"], alone?.["sp_profit"]],
    [true, true, null, null],
  );
  const row = await trainer();
  assertEquals([row?.["wins"], row?.["prb"], row?.["ae"], row?.["profit"]], [1, null, null, null]);
});

for (
  const [ran, name, places] of [
    [4, "The Quill Stakes", 1],
    [5, "The Quill Stakes", 2],
    [7, "The Quill Handicap", 2],
    [8, "The Quill Stakes", 3],
    [15, "The Quill Handicap", 3],
    [16, "The Quill Stakes", 3],
    [16, "The Quill Handicap", 4],
    [16, "The Quill Non-Handicap Stakes", 3],
  ] as const
) {
  Deno.test(`of ${ran} runners in ${name}, ${places} are placed`, async () => {
    const rows = await raceOf(Array.from({ length: ran }, (_, n) => ({ position: n + 1 })), {
      race_name: name,
    });
    assertEquals(rows.filter((row) => row["is_placed"]).length, places);
    assertEquals(new Set(column(rows, "places_paid")), new Set([places]));
  });
}

Deno.test("a race at the same off time does not count, and one without an off time is over at the end of its day", async () => {
  const before = { off_dt: null, race_date: "2026-05-31" };
  await raceOf([{ position: 1 }], before);
  await raceOf([{ position: 1 }], { off_dt: null });
  await raceOf([{ position: 1 }]);
  const [row] = await raceOf([{ position: 2 }, { horse_id: "hrs_9", position: 1 }]);
  assertEquals(row?.["days_since_run"], 1);
  const cards = await db.worker`
    select race_id, off_dt, runs from racing.card('2026-06-01') where horse_id = 'hrs_1' order by off_dt nulls last
  `;
  assertEquals(cards.map(({ runs }) => runs), [1, 1, 1]);
});

Deno.test("a person sent once with an id and once by name alone is the same, and another name is another", async () => {
  await raceOf(
    [
      { position: 1, trainer_id: null, trainer_name: "Ada Quill" },
      {
        position: 2,
        trainer_id: null,
        trainer_name: "Ben Inkwell",
      },
      { position: 3 },
      { position: 4, trainer_id: null },
    ],
    { race_date: "2026-05-01", off_dt: "2026-05-01T13:00:00Z" },
  );
  const rows = await raceOf([{ position: 1 }, { position: 2 }, { position: 3 }, { position: 4 }]);
  assertEquals(column(rows, "is_trainer_changed"), [false, true, false, null]);
});

Deno.test("on a card, first-time headgear is what the card says; without one, a letter that was never worn before", async () => {
  await raceOf(["b", "tb", null, "b", "b", "b"].map((headgear, n) => ({ headgear, position: n + 1 })), {
    race_date: "2026-05-01",
    off_dt: "2026-05-01T13:00:00Z",
  });
  const rows = await raceOf([
    // Of what was worn before, abroad perhaps, the card says nothing.
    { headgear: "p" },
    { headgear: "tb", headgear_run: "1" },
    { headgear: "b", headgear_run: null, has_card: false },
    { headgear: "bt", has_card: false },
    { headgear: "b", has_card: false },
    { headgear: null, has_card: false },
  ].map((runner, n) => ({ ...runner, position: n + 1 })));
  assertEquals(column(rows, "is_first_time_headgear"), [false, true, true, true, false, false]);
  const [, again] = await raceOf(
    [{ position: 1 }, { headgear: "t", has_card: false, position: 2 }],
    { race_date: "2026-07-01", off_dt: "2026-07-01T13:00:00Z" },
  );
  assertEquals(again?.["is_first_time_headgear"], false);
});

Deno.test("a run without a position or a code is a question mark in the form, and takes its place", async () => {
  await raceOf([{ position: 1 }, { position_code: "" }, {}], {
    race_date: "2026-05-01",
    off_dt: "2026-05-01T13:00:00Z",
  });
  await raceOf([{ position: 3 }, { position: 2 }, { position: 1 }]);
  await raceOf([{ position: 1 }, { position: 2 }, { position: 3 }], {
    race_date: "2026-07-01",
    off_dt: "2026-07-01T13:00:00Z",
  });
  const rows = await db.worker`select last_six from racing.card('2026-07-01') order by number`;
  assertEquals(rows.map(({ last_six }) => last_six), ["13", "?2", "?1"]);
});

Deno.test("a distance of the draw is in half furlongs, with one decimal", async () => {
  await raceOf([1, 2, 3].map((position) => ({ position, draw: position })), { distance_yards: 1210 });
  const [row] = await db.worker`select distance::text from racing.draw_bias('crs_1')`;
  assertEquals(row?.["distance"], "5.5");
});

Deno.test("a flat race whose surface is empty has no code", async () => {
  const [row] = await raceOf([{ position: 1 }], { surface: "" });
  assertEquals(row?.["code"], null);
});

Deno.test("what is not found is named in at most sixty characters", async () => {
  for (
    const call of [
      "horse_profile($1)",
      "progeny($1)",
      "draw_bias($1)",
      "strike_rates($1)",
      "strike_rates('pair', $1)",
    ]
  ) {
    const error = await db.worker.unsafe(`select * from racing.${call}`, ["x".repeat(1_000_000)])
      .then(() => undefined, (error) => error);
    assert(error instanceof postgres.PostgresError, "It was not refused");
    assert(error.message.length < 100, `${error.message.length} characters`);
  }
});

Deno.test("an unknown going has no rank and is reported", async () => {
  const [row] = await raceOf([{ position: 1 }], { going: "Bottomless" });
  assertEquals([row?.["going_rank"], row?.["going_group"]], [null, null]);
  for (const going of ["Standard / Slow", "Standard/Slow", " standard to slow"]) {
    const [known] = await raceOf([{ position: 1 }], { going, surface: "AW" });
    assertEquals(known?.["going_group"], "slow");
  }
  const unknown = await db.worker`select going, races from racing.unknown_goings`;
  assertEquals(unknown.map((one) => ({ ...one })), [{ going: "Bottomless", races: 1 }]);
});

Deno.test("the card is that of today in London unless a day is given", async () => {
  const [today] = await db.sql`select (now() at time zone 'Europe/London')::date::text as day`;
  await raceOf([{ position: 1 }], { race_date: today?.["day"], off_dt: null });
  const [count] = await db.worker`select count(*)::integer as rows from racing.card()`;
  assertEquals(count?.["rows"], 1);
});

Deno.test("the race of four in docs/racing.md has the figures that are worked out there by hand", async () => {
  const rows = await raceOf([
    { position: 1, sp_decimal: 2 },
    { position: 2, sp_decimal: 3, trainer_id: null, trainer_name: "Somebody Else" },
    { position: 3, sp_decimal: 6 },
    { position_code: "PU", sp_decimal: 11, trainer_id: null, trainer_name: "Somebody Else" },
  ]);
  assertEquals(column(rows, "is_placed"), [true, false, false, false]);
  assertEquals(column(rows, "prb"), [1, 0.6667, 0.3333, 0]);
  assertEquals(column(rows, "sp_probability"), [0.4583, 0.3056, 0.1528, 0.0833]);
  const [row] = await db.worker`
    select ae::text, fair_ae::text, iv::text, profit::text, strike_rate::text, strike_rate_low::text, strike_rate_high::text
    from racing.strike_rates('trainer', entity_id => 'trn_1')
  `;
  assertEquals({ ...row }, {
    ae: "1.5000",
    fair_ae: "1.6364",
    iv: "2.0000",
    profit: "0.00",
    strike_rate: "0.5000",
    strike_rate_low: "0.0945",
    strike_rate_high: "0.9055",
  });
});

for (
  const [call, says, hint] of [
    [
      "racing.strike_rates('breeder')",
      "entity is 'breeder'",
      "trainer, jockey, pair, owner, sire, dam, damsire",
    ],
    ["racing.strike_rates(null)", "entity is null", "trainer, jockey"],
    [
      "racing.strike_rates('sire', 'weather')",
      "by is 'weather'",
      "all, course, distance, going, class, code, age",
    ],
    ["racing.strike_rates('sire', 'all', '2026-06-02', '2026-06-01')", "is after until", "first day"],
    ["racing.strike_rates('sire', entity_id => 'sir_0')", "There is no sire 'sir_0'", "ra_mst_sires"],
    [
      "racing.strike_rates('pair', entity_id => 'trn_0')",
      "There is no trainer or jockey 'trn_0'",
      "ra_mst_trainers",
    ],
    ["racing.draw_bias('Nowhere')", "There is no course 'Nowhere'", "ra_mst_courses"],
    ["racing.draw_bias('crs_1', '{weather}')", "by is 'weather'", "distance, going, field"],
    ["racing.horse_profile('hrs_0')", "There is no horse 'hrs_0'", "ra_mst_horses"],
    ["racing.progeny('sir_0')", "There is no sire, dam or damsire 'sir_0'", "ra_mst_sires"],
  ] as const
) {
  Deno.test(`${call} is refused with a hint`, async () => {
    const error = await db.worker.unsafe(`select * from ${call}`).then(() => undefined, (error) => error);
    assert(error instanceof postgres.PostgresError, "It was not refused");
    assertEquals(error.code, "22023");
    assert(error.message.includes(says), error.message);
    assert(error.hint?.includes(hint), error.hint);
  });
}
