import { assert, assertEquals, assertThrows } from "@std/assert";
import { cardBody, cardRunnerBody, cardsBody, theOnly } from "../../../tests/support/api_bodies.ts";
import { readRacecardsPage } from "./read_racecards.ts";
import { UnreadableBodyError } from "./unreadable_body_error.ts";

function readCards(...racecards: unknown[]) {
  return readRacecardsPage(cardsBody(racecards)).rows;
}

function readRunner(fields: Record<string, unknown>) {
  const rows = readCards(cardBody({ runners: [cardRunnerBody(fields)] }));
  return { runner: theOnly(rows.runners), rows };
}

Deno.test("readRacecardsPage() turns a card into a row of ra_races", () => {
  assertEquals(readCards(cardBody()).races, [{
    id: "rac_9001",
    course_id: "crs_8001",
    region_code: "gb",
    race_date: "2025-10-14",
    off_dt: "2025-10-14T13:44:00+01:00",
    off_time: "1:44",
    race_name: "The Fountain Pen Handicap",
    race_type: "Hurdle",
    race_class: "Class 4",
    pattern: null,
    age_band: "4yo+",
    sex_restriction: null,
    rating_band: "0-100",
    distance_yards: 3573,
    distance_metres: 3267,
    distance_furlongs: 16,
    going: "Standard / Slow",
    surface: "AW",
    jumps: "8 hurdles",
    has_card: true,
    has_result: false,
    card_distance: "2m53y",
    card_distance_round: "2m",
    prize_amount: 4606,
    prize_currency: "GBP",
    field_size: 8,
    going_detailed: null,
    rail_movements: null,
    stalls: null,
    weather: null,
    is_big_race: false,
    is_abandoned: false,
    race_status: null,
    tip: "Paper Lantern",
    verdict: "Hard to beat",
    betting_forecast: "2/1 Paper Lantern",
  }]);
});

Deno.test("readRacecardsPage() turns a declared horse into a row of ra_runners", () => {
  assertEquals(readCards(cardBody()).runners, [{
    race_id: "rac_9001",
    horse_id: "hrs_1001",
    jockey_id: "jky_7001",
    jockey_name: null,
    trainer_id: "trn_5001",
    trainer_name: null,
    owner_id: "own_6001",
    owner_name: null,
    number: 3,
    draw: 5,
    age: 4,
    sex_code: "G",
    weight_lbs: 158,
    headgear: "t",
    official_rating: 88,
    jockey_claim_lbs: 5,
    silk: "https://example.com/silk.svg",
    is_non_runner: false,
    is_reserve: false,
    has_card: true,
    has_result: false,
    headgear_run: "1",
    wind_surgery: null,
    wind_surgery_run: null,
    card_rpr: 95,
    card_topspeed: null,
    form: "542-",
    last_run: "68 (36J)",
    last_run_days: 68,
    card_comment: "Won twice",
    spotlight: "Likely to go well",
    trainer_rtf_percent: 50,
    trainer_14_days_runs: 12,
    trainer_14_days_wins: 3,
    trainer_14_days_percent: 25,
    past_results_flags: ["C", "D"],
    quotes: null,
    stable_tour: null,
    medical: null,
    previous_trainers: null,
    previous_owners: null,
  }]);
});

Deno.test("readRacecardsPage() harvests the master rows that the card brings", () => {
  const rows = readCards(cardBody());
  const last_seen_on = "2025-10-14";
  assertEquals(rows.courses, [{
    id: "crs_8001",
    name: "Penshire (AW)",
    region_code: "gb",
    is_listed: false,
  }]);
  assertEquals(rows.bookmakers, []);
  assertEquals(rows.horses, [{
    id: "hrs_1001",
    name: "Paper Lantern",
    region_code: "ire",
    dob: "2021-03-11",
    sex: "gelding",
    sex_code: "G",
    colour: "b",
    breeder: "Inkwell Stud",
    sire_id: "sir_3001",
    sire_name: null,
    dam_id: "dam_2001",
    dam_name: null,
    damsire_id: "dsi_4001",
    damsire_name: null,
    last_seen_on,
    card_seen_on: last_seen_on,
  }]);
  assertEquals(rows.sires, [{ id: "sir_3001", name: "Night Clerk", region_code: "fr", last_seen_on }]);
  assertEquals(rows.dams, [{ id: "dam_2001", name: "Moth", region_code: "gb", last_seen_on }]);
  assertEquals(rows.damsires, [{ id: "dsi_4001", name: "Candle Maker", region_code: "usa", last_seen_on }]);
  assertEquals(rows.jockeys, [{ id: "jky_7001", name: "Bea Rein", last_seen_on }]);
  assertEquals(rows.owners, [{ id: "own_6001", name: "The Blotters", last_seen_on }]);
  assertEquals(rows.trainers, [
    {
      id: "trn_5001",
      name: "Ada Quill",
      last_seen_on,
      location: "Nib, Penshire",
      card_seen_on: last_seen_on,
    },
  ]);
  assertEquals(rows.rejects, []);
  assertEquals(rows.unknown_fields, []);
});

Deno.test("readRacecardsPage() keeps the euros of an Irish card", () => {
  const [race] = readCards(cardBody({ region: "IRE", prize: "€6,195" })).races;
  assertEquals([race?.region_code, race?.prize_amount, race?.prize_currency], ["ire", 6195, "EUR"]);
});

Deno.test("readRacecardsPage() knows a non-runner and makes no jockey of the placeholder", () => {
  const { runner, rows } = readRunner({ number: "NR", jockey: "NON-RUNNER(5)", jockey_id: "jky_224913" });
  assertEquals([runner.is_non_runner, runner.number, runner.jockey_id, runner.jockey_claim_lbs], [
    true,
    null,
    null,
    null,
  ]);
  assertEquals(rows.jockeys, []);
  assertEquals(rows.rejects, []);
});

Deno.test("readRacecardsPage() keeps the real jockey of a non-runner", () => {
  const { runner, rows } = readRunner({ number: "NR" });
  assertEquals([runner.is_non_runner, runner.jockey_id], [true, "jky_7001"]);
  assertEquals(rows.jockeys.map((jockey) => jockey.name), ["Bea Rein"]);
});

Deno.test("readRacecardsPage() knows a reserve and its number", () => {
  const { runner } = readRunner({ number: "R20" });
  assertEquals([runner.is_reserve, runner.number, runner.is_non_runner], [true, 20, false]);
});

Deno.test("readRacecardsPage() leaves the jockey open until one is declared", () => {
  const { runner, rows } = readRunner({ jockey: "", jockey_id: "" });
  assertEquals([runner.jockey_id, runner.jockey_claim_lbs], [null, null]);
  assertEquals(rows.jockeys, []);
  assertEquals(rows.rejects, []);
});

Deno.test("readRacecardsPage() has no stall where the card says 0", () => {
  assertEquals(readRunner({ draw: "0" }).runner.draw, null);
});

Deno.test("readRacecardsPage() takes numbers where strings were, and null for anything", () => {
  const { runner, rows } = readRunner({
    age: 4,
    lbs: 158,
    rpr: null,
    comment: null,
    trainer_14_days: null,
    quotes: null,
  });
  assertEquals([runner.age, runner.weight_lbs, runner.card_rpr, runner.trainer_14_days_runs], [
    4,
    158,
    null,
    null,
  ]);
  assertEquals(rows.rejects, []);
});

Deno.test("readRacecardsPage() keeps lists as sent", () => {
  const medical = [{ date: "2025-03-24", type: "Wind Surgery" }];
  const prev_owners = [{ owner: "Old Pens", owner_id: "own_6002", change_date: "2025-01-01" }];
  const { runner } = readRunner({ medical, prev_owners });
  assertEquals(runner.medical, medical);
  assertEquals(runner.previous_owners, prev_owners);
});

Deno.test("readRacecardsPage() accepts an ante-post card with next to nothing in it", () => {
  const bare = {
    race_id: "rac_1",
    date: "2026-03-13",
    course_id: "crs_1",
    region: "GB",
    runners: [{ horse_id: "hrs_1" }],
  };
  const rows = readCards(bare);
  assertEquals(rows.rejects, []);
  assertEquals([rows.races.length, rows.runners.length, rows.horses.length], [1, 1, 1]);
  assertEquals(rows.races[0]?.is_abandoned, false);
});

Deno.test("readRacecardsPage() reads an empty day as a day without racing", () => {
  const page = readRacecardsPage(cardsBody([]));
  assertEquals([page.total, page.raceCount, page.rows.races], [0, 0, []]);
});

Deno.test("readRacecardsPage() rejects one bad runner and keeps the others of the race", () => {
  const bad = cardRunnerBody({ horse_id: "" });
  const rows = readCards(
    cardBody({ runners: [cardRunnerBody(), bad, cardRunnerBody({ horse_id: "hrs_1002" })] }),
  );
  assertEquals(rows.runners.map((runner) => runner.horse_id), ["hrs_1001", "hrs_1002"]);
  assertEquals(rows.rejects, [{
    kind: "runner",
    race_id: "rac_9001",
    horse_id: null,
    race_date: "2025-10-14",
    reason: "horse_id is missing.",
    path: "runners[1].horse_id",
    raw: JSON.parse(JSON.stringify(bad)),
  }]);
});

Deno.test("readRacecardsPage() rejects one bad race and keeps the others of the page", () => {
  const page = readRacecardsPage(
    cardsBody([cardBody({ date: "2015-02-30" }), cardBody({ race_id: "rac_9002" }), null, "race"]),
  );
  assertEquals(page.raceCount, 4);
  assertEquals(page.rows.races.map((race) => race.id), ["rac_9002"]);
  const rejects = page.rows.rejects.map(({ kind, race_id, path, reason }) => ({
    kind,
    race_id,
    path,
    reason,
  }));
  assertEquals(rejects, [
    {
      kind: "race",
      race_id: "rac_9001",
      path: "date",
      reason: "date is not a real date of the form 2025-10-14.",
    },
    { kind: "race", race_id: null, path: "", reason: "It is not an object." },
    { kind: "race", race_id: null, path: "", reason: "It is not an object." },
  ]);
  assertEquals(page.rows.rejects.map((reject) => reject.raw).slice(1), [{ value: null }, "race"]);
});

Deno.test("readRacecardsPage() finds the day of a rejected race where else it is", () => {
  assertEquals(readCards(cardBody({ date: "soon" })).rejects[0]?.race_date, "2025-10-14");
});

Deno.test("readRacecardsPage() makes a wrong value null and notes what was sent", () => {
  const { runner, rows } = readRunner({ draw: "abc", lbs: "-4", dob: { year: 2021 } });
  assertEquals([runner.draw, runner.weight_lbs, rows.horses[0]?.dob], [null, null, null]);
  assertEquals(
    rows.rejects.map(({ kind, horse_id, path, raw }) => ({ kind, horse_id, path, raw })).sort((a, b) =>
      a.path < b.path ? -1 : 1
    ),
    [
      { kind: "value", horse_id: "hrs_1001", path: "runners[0].dob", raw: { value: { year: 2021 } } },
      { kind: "value", horse_id: "hrs_1001", path: "runners[0].draw", raw: { value: "abc" } },
      { kind: "value", horse_id: "hrs_1001", path: "runners[0].lbs", raw: { value: "-4" } },
    ],
  );
});

Deno.test("readRacecardsPage() keeps a name that came without its id, and rejects nothing", () => {
  for (const id of ["", null, undefined]) {
    const { runner, rows } = readRunner({
      trainer_id: id,
      owner_id: id,
      jockey_id: id,
      sire_id: id,
      dam_id: id,
      damsire_id: id,
    });
    assertEquals([runner.trainer_id, runner.owner_id, runner.jockey_id], [null, null, null]);
    assertEquals([runner.trainer_name, runner.owner_name, runner.jockey_name, runner.jockey_claim_lbs], [
      "Ada Quill",
      "The Blotters",
      "Bea Rein",
      5,
    ]);
    const [horse] = rows.horses;
    assertEquals([horse?.sire_id, horse?.dam_id, horse?.damsire_id], [null, null, null]);
    assertEquals([horse?.sire_name, horse?.dam_name, horse?.damsire_name], [
      "Night Clerk",
      "Moth",
      "Candle Maker",
    ]);
    assertEquals([rows.trainers, rows.owners, rows.jockeys, rows.sires, rows.rejects], [[], [], [], [], []]);
  }
});

Deno.test("readRacecardsPage() takes the percentage of no runs for missing, and keeps a figure below 0", () => {
  const { runner, rows } = readRunner({
    trainer_14_days: { runs: "0", wins: "0", percent: "None" },
    rpr: "-3",
    ts: "-12",
  });
  assertEquals([runner.trainer_14_days_runs, runner.trainer_14_days_percent], [0, null]);
  assertEquals([runner.card_rpr, runner.card_topspeed], [-3, -12]);
  assertEquals(rows.rejects, []);
});

Deno.test("readRacecardsPage() keeps a prize whose currency is unknown, and notes it", () => {
  const { races, rejects } = readCards(cardBody({ region: "BUL", prize: "5000" }));
  assertEquals([races[0]?.prize_amount, races[0]?.prize_currency], [5000, null]);
  assertEquals(rejects.map(({ reason }) => reason), [
    "prize has no currency, and that of the region bul is unknown.",
  ]);
});

Deno.test("readRacecardsPage() notes a card whose runners are missing, and keeps the race", () => {
  for (const runners of [null, undefined, "", "-", "none"]) {
    const { races, rejects } = readCards(cardBody({ runners }));
    assertEquals(races.length, 1);
    assertEquals(rejects.map(({ kind, path }) => ({ kind, path })), [{ kind: "value", path: "runners" }]);
  }
  assertEquals(readCards(cardBody({ runners: [] })).rejects, []);
});

Deno.test("readRacecardsPage() says that the Pro plan is needed when a card has no ids", () => {
  const { race_id: _race, course_id: _course, ...card } = cardBody();
  const [reject] = readCards(card).rejects;
  assertEquals(
    reject?.reason,
    "This card carries no ids, which is how The Racing API's free plan sends it: racecards need the Pro plan.",
  );
  assertEquals(reject?.race_date, "2025-10-14");
});

Deno.test("readRacecardsPage() counts fields that it does not know, and reads the rest", () => {
  const runners = [cardRunnerBody({ pace: "x" }), cardRunnerBody({ horse_id: "hrs_1002", pace: "y" })];
  const page = readRacecardsPage(cardsBody([cardBody({ runners, moon: 1 })], { next: null }));
  assertEquals(page.rows.unknown_fields, [
    { object: "page", field: "next", seen: 1, first_value: null, newest_value: null },
    { object: "racecard", field: "moon", seen: 1, first_value: "1", newest_value: "1" },
    { object: "card_runner", field: "pace", seen: 2, first_value: '"x"', newest_value: '"y"' },
  ]);
  assertEquals(page.rows.runners.length, 2);
});

Deno.test("readRacecardsPage() counts what it does not know inside a runner", () => {
  const runner = cardRunnerBody({
    trainer_14_days: { runs: "12", places: "4" },
    quotes: [{ quote: "Well", mood: "good" }, { quote: "Fine" }, "odd"],
    odds: [{ bookmaker: "Some Bet", fractional: "7/2", decimal: "4.5", volume: 9 }, { volume: 10 }],
    medical: [{ type: "Wind Surgery", vet: { name: "Dr Lint" } }],
  });
  const { rows } = readRacecardsPage(cardsBody([cardBody({ runners: [runner] })]));
  assertEquals(rows.unknown_fields, [
    { object: "trainer_14_days", field: "places", seen: 1, first_value: '"4"', newest_value: '"4"' },
    { object: "odds", field: "volume", seen: 2, first_value: "9", newest_value: "10" },
    { object: "quotes", field: "mood", seen: 1, first_value: '"good"', newest_value: '"good"' },
    {
      object: "medical",
      field: "vet",
      seen: 1,
      first_value: '{"name":"Dr Lint"}',
      newest_value: '{"name":"Dr Lint"}',
    },
  ]);
});

Deno.test("readRacecardsPage() makes one of a race that comes twice: the fuller value stands, a contradiction is noted", () => {
  const rows = readCards(
    cardBody({ weather: "Hail", verdict: "" }),
    cardBody({ weather: "", going: "Soft", runners: [cardRunnerBody({ horse_id: "hrs_1002" })] }),
  );
  const race = rows.races[0];
  assertEquals(rows.races.length, 1);
  assertEquals([race?.weather, race?.verdict, race?.going], ["Hail", "Hard to beat", "Soft"]);
  assertEquals(rows.runners.map((runner) => runner.horse_id), ["hrs_1001", "hrs_1002"]);
  assertEquals([rows.copies, rows.left_out], [["rac_9001"], []]);
  assertEquals(rows.rejects, [{
    kind: "value",
    race_id: "rac_9001",
    horse_id: null,
    race_date: "2025-10-14",
    reason: "going came twice with two values, and the later one stands.",
    path: "going",
    raw: { value: ["Standard / Slow", "Soft"] },
  }]);
});

Deno.test("readRacecardsPage() keeps a card's runners when another copy has something odd in their place", () => {
  for (
    const copies of [[cardBody(), cardBody({ runners: { a: 1 } })], [cardBody({ runners: 7 }), cardBody()]]
  ) {
    const rows = readCards(...copies);
    assertEquals(rows.runners.length, 1);
    assertEquals(rows.rejects.map(({ kind, path, reason }) => [kind, path, reason]), [
      ["value", "runners", "runners is of a kind that cannot be read."],
    ]);
  }
});

Deno.test("readRacecardsPage() makes one of a horse that comes twice in a race", () => {
  const rows = readCards(cardBody({
    runners: [cardRunnerBody({ form: "", draw: "5" }), cardRunnerBody({ comment: null, draw: "9" })],
  }));
  assertEquals(rows.runners.map(({ draw, form, card_comment }) => [draw, form, card_comment]), [
    [9, "542-", "Won twice"],
  ]);
  assertEquals(rows.rejects.map(({ path, raw }) => ({ path, raw })), [
    { path: "runners[0].draw", raw: { value: ["5", "9"] } },
  ]);
  assertEquals(readCards(cardBody(), cardBody()).rejects, []);
});

Deno.test("readRacecardsPage() leaves out a race of a region that was not asked for, and counts it as come", () => {
  const foreign = cardBody({ race_id: "rac_9002", region: "FR", runners: [cardRunnerBody({ draw: "x" })] });
  const body = cardsBody([cardBody(), foreign]);
  const { rows, raceCount } = readRacecardsPage(body, { regions: ["gb", "ire"] });
  assertEquals([rows.races.map(({ id }) => id), rows.left_out, raceCount], [["rac_9001"], ["rac_9002"], 2]);
  assertEquals([rows.rejects, rows.runners.length], [[], 1]);
  assertEquals(readRacecardsPage(body, { regions: ["fr"] }).rows.left_out, ["rac_9001"]);
  assertEquals(readRacecardsPage(body).rows.races.length, 2);
});

Deno.test("readRacecardsPage() has one horse and two runners when a horse is in two races of a day", () => {
  const rows = readCards(cardBody(), cardBody({ race_id: "rac_9002" }));
  assertEquals(rows.runners.map((runner) => runner.race_id), ["rac_9001", "rac_9002"]);
  assertEquals(rows.horses.length, 1);
});

Deno.test("readRacecardsPage() refuses a body that is no page", () => {
  for (
    const body of [null, undefined, [], "<html>", {}, { racecards: [] }, cardsBody([], { total: "0" }), {
      racecards: {},
      total: 1,
    }]
  ) {
    const error = assertThrows(() => readRacecardsPage(body), UnreadableBodyError);
    assertEquals(error.failureClass, "chunk");
    assert(
      error.message.startsWith(
        "The Racing API's answer is not an object with a list racecards and a number total.",
      ),
    );
  }
});
