import { assertEquals, assertThrows } from "@std/assert";
import { resultBody, resultRunnerBody, resultsBody, theOnly } from "../../../tests/support/api_bodies.ts";
import { readResultsPage } from "./read_results.ts";
import { UnreadableBodyError } from "./unreadable_body_error.ts";

function readResults(...results: unknown[]) {
  return readResultsPage(resultsBody(results)).rows;
}

function readRunner(fields: Record<string, unknown>) {
  const rows = readResults(resultBody({ runners: [resultRunnerBody(fields)] }));
  return { runner: theOnly(rows.runners), rows };
}

Deno.test("readResultsPage() turns a result into a row of ra_races", () => {
  assertEquals(readResults(resultBody()).races, [{
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
    distance_furlongs: 16.5,
    going: "Standard / Slow",
    surface: "AW",
    jumps: "8 hurdles",
    has_card: false,
    has_result: true,
    result_distance: "2m½f",
    winning_time_detail: "3m 59.31s (slow by 4.69s)",
    stewards_comments: "The placings remained unaltered",
    non_runners: "Wet Ink (lame)",
    tote_win: "£3.25",
    tote_place: "£1.70 £1.20",
    tote_exacta: "£6.20",
    tote_csf: "£6.54",
    tote_tricast: null,
    tote_trifecta: "£15.20",
  }]);
});

Deno.test("readResultsPage() turns a finisher into a row of ra_runners", () => {
  assertEquals(readResults(resultBody()).runners, [{
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
    has_card: false,
    has_result: true,
    position: 1,
    position_code: null,
    beaten_lengths: 0,
    beaten_lengths_overall: 0,
    time_seconds: 239.31,
    sp: "13/8",
    sp_decimal: 2.63,
    sp_favourite: "favourite",
    bsp: 2.84,
    rpr: null,
    topspeed: null,
    prize_amount: 4187.2,
    prize_currency: "GBP",
    result_comment: "Led throughout",
  }]);
});

Deno.test("readResultsPage() gives the names of the card: without region and claim", () => {
  const rows = readResults(resultBody());
  const last_seen_on = "2025-10-14";
  assertEquals(rows.courses, [{
    id: "crs_8001",
    name: "Penshire (AW)",
    region_code: "gb",
    is_listed: false,
  }]);
  assertEquals(rows.sires, [{ id: "sir_3001", name: "Night Clerk", region_code: "fr", last_seen_on }]);
  assertEquals(rows.dams, [{ id: "dam_2001", name: "Moth", region_code: "gb", last_seen_on }]);
  assertEquals(rows.damsires, [{ id: "dsi_4001", name: "Candle Maker", region_code: null, last_seen_on }]);
  assertEquals(rows.jockeys, [{ id: "jky_7001", name: "Bea Rein", last_seen_on }]);
  assertEquals(rows.trainers, [
    { id: "trn_5001", name: "Ada Quill", last_seen_on, location: null, card_seen_on: null },
  ]);
  assertEquals(rows.rejects, []);
});

Deno.test("readResultsPage() says of a horse only what a result knows", () => {
  assertEquals(readResults(resultBody()).horses, [{
    id: "hrs_1001",
    name: "Paper Lantern",
    region_code: "ire",
    dob: null,
    sex: null,
    sex_code: null,
    colour: null,
    breeder: null,
    sire_id: "sir_3001",
    sire_name: null,
    dam_id: "dam_2001",
    dam_name: null,
    damsire_id: "dsi_4001",
    damsire_name: null,
    last_seen_on: "2025-10-14",
    card_seen_on: null,
  }]);
});

Deno.test("readResultsPage() keeps the letters of a horse that did not finish", () => {
  const { runner, rows } = readRunner({ position: "PU", btn: "-", ovr_btn: "-", time: "-", prize: "" });
  assertEquals([runner.position, runner.position_code, runner.beaten_lengths, runner.time_seconds], [
    null,
    "PU",
    null,
    null,
  ]);
  assertEquals([runner.prize_amount, runner.prize_currency], [null, null]);
  assertEquals(rows.rejects, []);
});

Deno.test("readResultsPage() gives both horses of a dead heat their position", () => {
  const second = resultRunnerBody({ horse_id: "hrs_1002", position: "1", btn: "0" });
  const { runners } = readResults(resultBody({ runners: [resultRunnerBody(), second] }));
  assertEquals(runners.map((runner) => [runner.position, runner.beaten_lengths]), [[1, 0], [1, 0]]);
});

Deno.test("readResultsPage() pays an Irish prize in euros, with and without the sign", () => {
  for (const prize of ["€5900", "5900.00"]) {
    const rows = readResults(resultBody({ region: "IRE", runners: [resultRunnerBody({ prize })] }));
    assertEquals([rows.runners[0]?.prize_amount, rows.runners[0]?.prize_currency], [5900, "EUR"]);
  }
});

Deno.test("readResultsPage() falls back on the text of a distance, and on stones and pounds", () => {
  const runners = [resultRunnerBody({ weight_lbs: "", weight: "8-10" })];
  const rows = readResults(resultBody({ dist: "1m½f", dist_y: "", dist_m: "", dist_f: "", runners }));
  const [race] = rows.races;
  assertEquals([race?.distance_yards, race?.distance_metres, race?.distance_furlongs], [1870, 1710, 8.5]);
  assertEquals(rows.runners[0]?.weight_lbs, 122);
});

Deno.test("readResultsPage() takes a claim off the name where the field beside it is missing", () => {
  const { runner, rows } = readRunner({ jockey: "Bea Rein(7)", jockey_claim_lbs: null });
  assertEquals([runner.jockey_claim_lbs, rows.jockeys[0]?.name], [7, "Bea Rein"]);
});

Deno.test("readResultsPage() takes an entity's name from the newest day, in any order of the page", () => {
  const older = resultBody({
    race_id: "rac_9000",
    date: "2025-10-01",
    runners: [resultRunnerBody({ owner: "Old Name" })],
  });
  for (const page of [[resultBody(), older], [older, resultBody()]]) {
    const rows = readResults(...page);
    assertEquals(rows.owners, [{ id: "own_6001", name: "The Blotters", last_seen_on: "2025-10-14" }]);
    assertEquals(rows.runners.map((runner) => runner.race_id), ["rac_9000", "rac_9001"]);
  }
});

Deno.test("readResultsPage() lets an older day fill what the newest leaves out", () => {
  const older = resultBody({ race_id: "rac_9000", date: "2025-10-01" });
  const rows = readResults(
    resultBody({ runners: [resultRunnerBody({ horse: "Paper Lantern", sire_id: "", sire: "" })] }),
    older,
  );
  assertEquals(rows.horses.map((horse) => [horse.region_code, horse.sire_id, horse.last_seen_on]), [
    ["ire", "sir_3001", "2025-10-14"],
  ]);
});

Deno.test("readResultsPage() keeps a name that came without its id, and rejects nothing", () => {
  const { runner, rows } = readRunner({
    owner: "C J & H J O'Inkwell",
    owner_id: "",
    jockey_id: "",
    damsire: "Candle Maker (USA)",
    damsire_id: null,
  });
  assertEquals([runner.owner_id, runner.owner_name], [null, "C J & H J O'Inkwell"]);
  assertEquals([runner.jockey_id, runner.jockey_name], [null, "Bea Rein"]);
  assertEquals([rows.horses[0]?.damsire_id, rows.horses[0]?.damsire_name], [null, "Candle Maker"]);
  assertEquals([rows.owners, rows.jockeys, rows.damsires, rows.rejects], [[], [], [], []]);
});

Deno.test("readResultsPage() keeps figures below 0, and notes a distance that is not whole", () => {
  const runners = [resultRunnerBody({ rpr: "-3", tsr: "-12" })];
  const rows = readResults(resultBody({ dist_y: "1.5", runners }));
  assertEquals([rows.runners[0]?.rpr, rows.runners[0]?.topspeed], [-3, -12]);
  // The text of the distance speaks where the yards can't be read.
  assertEquals(rows.races[0]?.distance_yards, 3630);
  assertEquals(rows.rejects.map(({ path }) => path), ["dist_y"]);
});

Deno.test("readResultsPage() makes one of a result that comes twice", () => {
  const rows = readResults(
    resultBody({ tote_csf: "" }),
    resultBody({ tote_win: "", runners: [resultRunnerBody({ rpr: "95", position: "2" })] }),
  );
  assertEquals(rows.races.map(({ tote_win, tote_csf }) => [tote_win, tote_csf]), [["£3.25", "£6.54"]]);
  assertEquals(rows.runners.map(({ rpr, position }) => [rpr, position]), [[95, 2]]);
  assertEquals(rows.rejects.map(({ path, raw }) => ({ path, raw })), [
    { path: "runners[0].position", raw: { value: ["1", "2"] } },
  ]);
  assertEquals([rows.copies, rows.left_out], [["rac_9001"], []]);
});

Deno.test("readResultsPage() keeps a result as it came when a later copy of it can't be read: that is a reject of its own", () => {
  const good = resultBody({ tote_win: "£3.25" });
  const broken = resultBody({ course_id: "", tote_win: "£9.99" });
  for (const copies of [[good, broken], [broken, good]]) {
    const rows = readResults(...copies, resultBody({ tote_win: "", tote_csf: "£7.00" }));
    assertEquals(rows.races.map(({ tote_win, tote_csf }) => [tote_win, tote_csf]), [["£3.25", "£7.00"]]);
    assertEquals(
      rows.rejects.filter(({ kind }) => kind !== "value").map((
        { kind, race_id, path },
      ) => [kind, race_id, path]),
      [["race", "rac_9001", "course_id"]],
    );
    // Three came: a race, a reject, and a copy.
    assertEquals(rows.copies, ["rac_9001"]);
  }
  const neither = readResults(broken, broken);
  assertEquals([neither.races.length, neither.rejects.length, neither.copies], [0, 2, []]);
});

Deno.test("readResultsPage() rejects a result without its list of runners", () => {
  for (const runners of [undefined, null, "none"]) {
    const rows = readResults(resultBody({ runners }));
    assertEquals(rows.races, []);
    assertEquals(rows.rejects.map(({ kind, path }) => ({ kind, path })), [{ kind: "race", path: "runners" }]);
  }
  assertEquals(readResults(resultBody({ runners: [] })).races.length, 1);
});

Deno.test("readResultsPage() refuses a body that is no page", () => {
  for (
    const body of [
      null,
      { detail: "Not Found" },
      resultsBody([], { total: null }),
      resultsBody([], { total: -1 }),
    ]
  ) {
    assertThrows(() => readResultsPage(body), UnreadableBodyError, "a list results and a number total");
  }
});

Deno.test("readResultsPage() rejects no runner but one without an id: a copy of one that is stored is merged, however odd", () => {
  const good = resultRunnerBody();
  for (const field of Object.keys(good).filter((name) => name !== "horse_id")) {
    const odd = { ...good, [field]: { what: "is this" } };
    for (const runners of [[good, odd], [odd, good]]) {
      const rows = readResults(resultBody({ runners }));
      assertEquals([rows.runners.length, rows.rejects.map(({ kind }) => kind)], [1, ["value"]], field);
    }
  }
  // This one may be any horse of the race.
  const nobody = theOnly(readResults(resultBody({ runners: [good, { ...good, horse_id: {} }] })).rejects);
  assertEquals([nobody.kind, nobody.horse_id], ["runner", null]);
});
