import { assertEquals } from "@std/assert";
import {
  cardBody,
  cardRunnerBody,
  cardsBody,
  resultBody,
  resultRunnerBody,
  resultsBody,
  theOnly,
} from "../../../tests/support/api_bodies.ts";
import { readRacecardsPage } from "./read_racecards.ts";
import { readResultsPage } from "./read_results.ts";

Deno.test("words that change over the years are kept as sent: going, class, surface and weather are no closed lists", () => {
  for (const going of ["Standard To Slow", "Standard / Slow", "Good, Softer After Rain"]) {
    const card = readRacecardsPage(cardsBody([cardBody({ going, weather: "Hail", type: "Mule Race" })])).rows;
    const race = theOnly(card.races);
    assertEquals([race.going, race.weather, race.race_type], [going, "Hail", "Mule Race"]);
    const result =
      readResultsPage(resultsBody([resultBody({ going, surface: "Sand", class: "Class 9" })])).rows;
    assertEquals(
      [result.races[0]?.going, result.races[0]?.surface, result.races[0]?.race_class],
      [going, "Sand", "Class 9"],
    );
    assertEquals([card.rejects, result.rejects], [[], []]);
  }
});

Deno.test("the field size is stored as sent; non-runners and reserves are marked, so that runners can be counted", () => {
  const runners = [
    cardRunnerBody(),
    cardRunnerBody({ horse_id: "hrs_2", number: "NR", jockey: "NON-RUNNER", jockey_id: "jky_224913" }),
    cardRunnerBody({ horse_id: "hrs_3", number: "R20" }),
  ];
  const { rows } = readRacecardsPage(cardsBody([cardBody({ field_size: "1", runners })]));
  assertEquals(theOnly(rows.races).field_size, 1);
  const standing = rows.runners.filter((runner) => !runner.is_non_runner && !runner.is_reserve);
  assertEquals([rows.runners.length, standing.length], [3, 1]);
  assertEquals(rows.jockeys.map((jockey) => jockey.name), ["Bea Rein"]);
});

Deno.test("a void race keeps its letters and has no position", () => {
  const runners = [resultRunnerBody({ position: "VOI", btn: "-", sp: "-", prize: "" })];
  const { rows } = readResultsPage(resultsBody([resultBody({ runners })]));
  const runner = theOnly(rows.runners);
  assertEquals([runner.position, runner.position_code, runner.beaten_lengths], [null, "VOI", null]);
  assertEquals(rows.rejects, []);
});
