import { assertEquals } from "@std/assert";
import { readLegacyPage } from "./read_legacy_page.ts";

const RACE = {
  ...{ id: "rac_1", course_id: "crs_1", course_name: "Sandbury (AW)", date: "2022-06-14", region: "GB" },
  ...{ off_time: "01:44:00", off_dt: "2022-06-14T13:44:00", race_name: "A Race", type: "Flat", prize: 4606 },
  ...{ distance: "16.0", distance_f: "2m53y", distance_round: "2m", is_big_race: false, going: "" },
};
const RUNNER = {
  ...{ id: 7, race_id: "rac_1", horse_id: "hrs_1", horse_name: "Some Horse (IRE)", number: "4", draw: "" },
  ...{ jockey_id: "jky_1", jockey_name: "A Rider(5)", trainer_id: "trn_1", trainer_name: "A Trainer" },
  ...{ owner_id: "", owner_name: "Some Owners", rpr: 88, ts: 70, comment: "before", form: "12-" },
  updated_at: "2022-06-14T08:00:00",
};
const RESULT = {
  ...{ id: 3, race_id: "rac_1", race_date: "2022-06-14", horse_id: "hrs_1", horse_name: "Some Horse (IRE)" },
  ...{ jockey_id: "jky_1", jockey_name: "A Rider", position: 2, position_str: "2", btn: 1.25, ovr_btn: 1.25 },
  ...{ time_display: "2:19.97", sp: "7/2F", sp_decimal: 4.5, rpr: 91, tsr: 60, sex: "G", prize_won: 900 },
};
const HORSE = {
  ...{
    id: "hrs_1",
    name: "Some Horse (IRE)",
    sire_id: "sir_1",
    damsire_id: "",
    sex: "gelding",
    region: "IRE",
  },
  dob: "2018-03-01",
};

function read(tables: Record<string, unknown[]>, items: string[] = ["race rac_1"]) {
  return readLegacyPage(items, { races: [RACE], horses: [HORSE], ...tables });
}

Deno.test("a race, its runners and all they name become rows like those of the API", () => {
  const page = read({
    runners: [RUNNER],
    results: [RESULT],
    sires: [{ id: "sir_1", name: "A Sire (USA)" }],
    jockeys: [{ id: "jky_1", name: "A Rider(5)" }],
  });
  assertEquals(page.rejects, []);
  const [race] = page.races;
  assertEquals(
    [race?.off_dt, race?.off_time, race?.distance_yards, race?.going, race?.region_code],
    ["2022-06-14 13:44:00 Europe/London", "1:44", 3573, null, "gb"],
  );
  assertEquals([race?.has_card, race?.has_result], [false, false]);
  const [runner] = page.runners as unknown as Record<string, unknown>[];
  const expected = {
    ...{ jockey_id: "jky_1", jockey_name: null, jockey_claim_lbs: 5, owner_id: null },
    ...{
      owner_name: "Some Owners",
      number: 4,
      draw: null,
      position: 2,
      position_code: null,
      beaten_lengths: 1.25,
    },
    ...{ time_seconds: 139.97, sp: "7/2", sp_favourite: "favourite", rpr: 91, topspeed: 60, form: "12-" },
    ...{ prize_amount: 900, prize_currency: "GBP", sex_code: "G", card_rpr: null },
  };
  assertEquals(
    Object.fromEntries(Object.keys(expected).map((column) => [column, runner?.[column]])),
    expected,
  );
  const [horse] = page.horses;
  assertEquals(
    [horse?.name, horse?.region_code, horse?.sire_id, horse?.damsire_id, horse?.last_seen_on],
    ["Some Horse", "ire", "sir_1", null, "1987-12-31"],
  );
  assertEquals(page.sires.map(({ name, region_code }) => [name, region_code]), [["A Sire", "usa"]]);
  assertEquals(page.jockeys.map(({ name }) => name), ["A Rider"]);
  assertEquals(page.asked, [{ id: "race rac_1", is_known: true }]);
});

Deno.test("figures of a runner are the card's or the result's by when they were written, and nobody's when it cannot be told", () => {
  const figures = (runner: Record<string, unknown>, results: unknown[] = []) => {
    const [row] = read({ runners: [{ ...RUNNER, ...runner }], results }).runners as unknown as Record<
      string,
      unknown
    >[];
    return [row?.["card_rpr"], row?.["rpr"], row?.["card_comment"], row?.["result_comment"]];
  };
  assertEquals(figures({}), [88, null, "before", null]);
  const withResult = { position: 1, result_updated_at: "2022-06-14T22:00:00" };
  assertEquals(figures({ ...withResult, updated_at: "2022-06-14T22:00:00" }), [null, 88, null, "before"]);
  assertEquals(figures({ ...withResult, updated_at: "2022-06-15T08:00:00" }), [88, null, "before", null]);
  assertEquals(figures({}, [{ ...RESULT, rpr: null }]), [null, null, null, null]);
});

Deno.test("of several rows of a run the one written last stands, and lacks nothing that an earlier one has", () => {
  const page = read({ results: [{ ...RESULT, id: 9, rpr: null, position: 1 }, RESULT] });
  const [runner] = page.runners as unknown as Record<string, unknown>[];
  assertEquals([page.runners.length, runner?.["position"], runner?.["rpr"]], [1, 1, 91]);
});

Deno.test("a non-runner has no jockey, rows of tests are none, and neither is the id ''", () => {
  const page = read({
    runners: [
      { ...RUNNER, number: "NR", jockey_id: "jky_224913", jockey_name: "NON-RUNNER(5)" },
      { ...RUNNER, horse_id: "**TEST**_horse", horse_name: "**TEST** Horse" },
    ],
    jockeys: [{ id: "jky_224913", name: "NON-RUNNER" }],
  });
  const [runner] = page.runners as unknown as Record<string, unknown>[];
  assertEquals([page.runners.length, page.jockeys.length], [1, 0]);
  assertEquals([runner?.["is_non_runner"], runner?.["jockey_id"], runner?.["jockey_name"]], [
    true,
    null,
    null,
  ]);
});

Deno.test("a race that the old database lost is a reject, unless we have it", () => {
  const lost = readLegacyPage(["race rac_1"], { runners: [RUNNER] });
  assertEquals([lost.races, lost.runners], [[], []]);
  assertEquals(lost.rejects.map(({ kind, race_id }) => [kind, race_id]), [["race", "rac_1"]]);
  const known = { id: "rac_1", date: "2022-06-14", region: "gb", course_id: "crs_1" };
  const found = readLegacyPage(["race rac_1"], { runners: [RUNNER], known_races: [known] });
  assertEquals([found.races.length, found.runners.length, found.rejects.length], [0, 1, 0]);
});

Deno.test("values that make no sense are rejects, and the rest of the row is kept", () => {
  const page = read({ runners: [{ ...RUNNER, number: "seven" }] });
  assertEquals(page.runners.length, 1);
  assertEquals(page.rejects.map(({ kind, path, horse_id }) => [kind, path, horse_id]), [
    ["value", "hrs_1.number", "hrs_1"],
  ]);
});

Deno.test("odds name bookmakers by number or code, and the last quote before the race stands", () => {
  const quote = { race_id: "rac_1", horse_id: "hrs_1", bookmaker_id: "boyle_sports", market_type: "WIN" };
  const page = read({
    runners: [RUNNER],
    bookmakers: [{ id: 2, code: "william_hill", name: "William Hill" }],
    runner_odds: [{
      ...{ race_id: "rac_1", horse_id: "hrs_1", bookmaker_id: 2, fractional_odds: "3/1", decimal_odds: 4 },
      updated_at: "2022-06-14T11:00:00",
    }],
    odds_live: [
      {
        ...quote,
        odds_decimal: 5,
        odds_timestamp: "2022-06-14T12:00:00+00:00",
        bookmaker_name: "Boyle Sports",
      },
      {
        ...quote,
        odds_decimal: 6,
        odds_timestamp: "2022-06-14T12:30:00+00:00",
        bookmaker_name: "Boyle Sports",
      },
      { ...quote, odds_decimal: 9, odds_timestamp: "2022-06-14T12:50:00+00:00", in_play: true },
      { ...quote, odds_decimal: 2, odds_timestamp: "2022-06-14T12:10:00+00:00", market_type: "PLACE" },
    ],
    odds_history: [{
      ...{ race_id: "rac_1", horse_id: "hrs_1", bookmaker_id: 2, fractional_odds: "5/1", decimal_odds: 6 },
      timestamp: "2022-06-14T10:00:00",
    }],
  });
  assertEquals(
    page.odds.map(({ bookmaker_code, decimal, quoted_at }) => [bookmaker_code, decimal, quoted_at]),
    [
      ["boylesports", 6, "2022-06-14T12:30:00+00:00"],
      ["williamhill", 4, "2022-06-14 11:00:00 Europe/London"],
    ],
  );
  const history = page.odds_history?.map(({ bookmaker_code, decimal, quoted_at, is_in_running }) =>
    `${quoted_at} ${bookmaker_code} ${decimal}${is_in_running ? " in running" : ""}`
  );
  assertEquals(history?.toSorted(), [
    "2022-06-14 10:00:00 Europe/London williamhill 6",
    "2022-06-14 11:00:00 Europe/London williamhill 4",
    "2022-06-14T12:00:00+00:00 boylesports 5",
    "2022-06-14T12:30:00+00:00 boylesports 6",
    "2022-06-14T12:50:00+00:00 boylesports 9 in running",
  ]);
  assertEquals(page.bookmakers.map(({ code, type }) => [code, type]), [
    ["boylesports", "unknown"],
    ["williamhill", "unknown"],
  ]);
});

Deno.test("notes about a runner become the lists of a card, by the columns that they fill", () => {
  const note = { race_id: "rac_1", horse_id: "hrs_1", record_type: "a word that nobody wrote down" };
  const page = read({
    runners: [RUNNER],
    supplementary: [
      { ...note, id: 2, medical_type: "Wind Surgery", medical_date: "2022-03-01" },
      { ...note, id: 1, medical_type: "Wind Surgery", medical_date: "2021-03-01" },
      {
        ...{ ...note, id: 3, entity_type: "trainer", entity_id: "trn_2", entity_name: "Another Trainer" },
        change_date: "2022-01-02",
      },
      { ...note, id: 4, entity_type: "owner", entity_name: "Other Owners" },
      { ...note, id: 5, quote_text: "He needed the run", quote_race_id: "rac_0" },
      { ...note, id: 6, stable_tour_text: "He goes well fresh" },
      { ...note, id: 7, entity_type: "trainer", stats_runs: 20, stats_wins: 3, stats_win_percent: 15 },
    ],
  });
  const [runner] = page.runners as unknown as Record<string, unknown>[];
  const expected = {
    medical: [
      { date: "2021-03-01", type: "Wind Surgery" },
      { date: "2022-03-01", type: "Wind Surgery" },
    ],
    previous_trainers: [{ trainer: "Another Trainer", trainer_id: "trn_2", change_date: "2022-01-02" }],
    previous_owners: [{ owner: "Other Owners" }],
    quotes: [{ race_id: "rac_0", quote: "He needed the run" }],
    stable_tour: [{ quote: "He goes well fresh" }],
    ...{ trainer_14_days_runs: 20, trainer_14_days_wins: 3, trainer_14_days_percent: 15 },
  };
  assertEquals(
    Object.fromEntries(Object.keys(expected).map((column) => [column, runner?.[column]])),
    expected,
  );
  const [without] = read({ runners: [RUNNER] }).runners as unknown as Record<string, unknown>[];
  assertEquals([without?.["medical"], without?.["trainer_14_days_runs"]], [null, null]);
});

Deno.test("a day of the file of prices has nothing to be read: SQL copies it", () => {
  const page = readLegacyPage(["runner_prices 2022-06-14"], {});
  assertEquals([page.horses, page.rejects], [[], []]);
  assertEquals(page.asked, [{ id: "runner_prices 2022-06-14", is_known: true }]);
});

Deno.test("a master row without a race is an item of its own", () => {
  const page = readLegacyPage(["horses hrs_1", "trainers trn_9"], {
    horses: [HORSE],
    trainers: [{ id: "trn_9", name: "A Trainer", location: "" }],
  });
  assertEquals([page.horses.length, page.trainers.map(({ name, location }) => [name, location])], [1, [[
    "A Trainer",
    null,
  ]]]);
});
