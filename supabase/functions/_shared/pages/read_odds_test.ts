import { assertEquals } from "@std/assert";
import { cardBody, cardRunnerBody, cardsBody } from "../../../tests/support/api_bodies.ts";
import { readRacecardsPage } from "./read_racecards.ts";

function quote(fields: Record<string, unknown> = {}) {
  return {
    bookmaker: "Some Bet",
    fractional: "7/2",
    decimal: "4.5",
    ew_places: "3",
    ew_denom: "5",
    updated: "2025-10-13 14:11:07",
    history: [{ changed_at: "2025-10-13 09:00:00", fractional: "4/1", decimal: "5" }],
    ...fields,
  };
}

function readQuotes(odds: unknown, captureOdds = true) {
  const card = cardBody({ runners: [cardRunnerBody({ odds })] });
  return readRacecardsPage(cardsBody([card]), { captureOdds }).rows;
}

Deno.test("odds are off by default: neither odds nor bookmakers are read from a card", () => {
  const card = cardBody({ runners: [cardRunnerBody({ odds: [quote()] })] });
  const { rows } = readRacecardsPage(cardsBody([card]));
  assertEquals([rows.odds, rows.bookmakers, rows.rejects, rows.runners.length], [[], [], [], 1]);
});

Deno.test("a quote becomes a row of ra_runner_odds, and brings its bookmaker", () => {
  const rows = readQuotes([quote()]);
  assertEquals(rows.odds, [{
    race_id: "rac_9001",
    horse_id: "hrs_1001",
    bookmaker_code: "somebet",
    fractional: "7/2",
    decimal: 4.5,
    ew_places: 3,
    ew_denominator: 5,
    quoted_at: "2025-10-13 14:11:07 Europe/London",
  }]);
  assertEquals(rows.bookmakers, [{ code: "somebet", name: "Some Bet", type: "unknown" }]);
});

Deno.test("a bookmaker is matched on its normalised code: Spread Ex and Spreadex are one, and the newer quote counts", () => {
  const newer = quote({ bookmaker: "Spread Ex", fractional: "4/1", updated: "2025-10-13 14:40:00" });
  for (const odds of [[quote({ bookmaker: "Spreadex" }), newer], [newer, quote({ bookmaker: "Spreadex" })]]) {
    const rows = readQuotes(odds);
    assertEquals(rows.odds.map((row) => [row.bookmaker_code, row.fractional]), [["spreadex", "4/1"]]);
    assertEquals(rows.bookmakers.map((row) => row.code), ["spreadex"]);
  }
});

Deno.test("a quote that says SP before the off has no price yet", () => {
  const rows = readQuotes([quote({ fractional: "SP", decimal: "-", ew_places: "", ew_denom: "" })]);
  assertEquals([rows.odds, rows.rejects, rows.bookmakers.length], [[], [], 1]);
});

Deno.test("a quote without a price, as non-runners have it, is no row and no reject", () => {
  const rows = readQuotes([quote({ fractional: "-", decimal: "-", ew_places: "", ew_denom: "" })]);
  assertEquals([rows.odds, rows.rejects, rows.bookmakers.length], [[], [], 1]);
});

Deno.test("what is odd in a quote is noted with its path, and the rest of it is kept", () => {
  const rows = readQuotes([
    quote(),
    quote({ bookmaker: "Other", decimal: "cheap", updated: { at: "noon" } }),
  ]);
  assertEquals(rows.odds.map((row) => [row.bookmaker_code, row.decimal, row.quoted_at]), [
    ["other", null, null],
    ["somebet", 4.5, "2025-10-13 14:11:07 Europe/London"],
  ]);
  assertEquals(rows.rejects.map((reject) => [reject.path, reject.reason]), [
    ["runners[0].odds[1].decimal", "odds[1].decimal is not a number."],
    ["runners[0].odds[1].updated", "odds[1].updated is of a kind that cannot be read."],
  ]);
});

Deno.test("odds that are no list, or hold what is no quote, cost nothing but themselves", () => {
  assertEquals(readQuotes("").rejects, []);
  const noted = (odds: unknown) => readQuotes(odds).rejects.map((reject) => reject.reason);
  assertEquals(noted({ bookmaker: "Some Bet" }), ["odds is not a list."]);
  assertEquals(
    noted([null, 7, {}, quote({ bookmaker: "??" })]),
    [0, 1, 2, 3].map((n) => `odds[${n}] names no bookmaker.`),
  );
  assertEquals(readQuotes([null, quote()]).odds.length, 1);
});
