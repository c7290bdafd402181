import { assertEquals } from "@std/assert";
import { cardBody, cardsBody, resultBody, resultsBody, theOnly } from "../../../tests/support/api_bodies.ts";
import { readRacecardsPage } from "./read_racecards.ts";
import { readResultsPage } from "./read_results.ts";
import type { CardRaceRow, CardRunnerRow, ResultRaceRow, ResultRunnerRow } from "./rows.ts";

// Each expected error is one that `deno check` must find: without it, the check fails.

Deno.test("a row that forgets or misspells a column of its feed does not compile", () => {
  const { tip, ...forgotten } = theOnly(readRacecardsPage(cardsBody([cardBody()])).rows.races);
  // @ts-expect-error: tip is missing
  const race: CardRaceRow = forgotten;
  // @ts-expect-error: there is no column tipp
  const misspelt: CardRaceRow = { ...forgotten, tip, tipp: tip };
  assertEquals(misspelt, { ...race, tip, tipp: tip } as CardRaceRow);
});

Deno.test("a row of one feed is none of the other", () => {
  const cards = readRacecardsPage(cardsBody([cardBody()])).rows;
  const results = readResultsPage(resultsBody([resultBody()])).rows;
  // @ts-expect-error: a card has no winning time
  const race: ResultRaceRow = theOnly(cards.races);
  // @ts-expect-error: a result has no form
  const runner: CardRunnerRow = theOnly(results.runners);
  assertEquals<boolean>(race.has_card, true);
  assertEquals<boolean>(runner.has_card, false);
});

Deno.test("a column that SQL fills itself is in no row", () => {
  const keys: (keyof CardRaceRow | keyof CardRunnerRow | keyof ResultRunnerRow)[] = ["id", "horse_id", "sp"];
  // @ts-expect-error: the day of the card
  keys.push("card_date");
  // @ts-expect-error: when the row was written
  keys.push("updated_at");
  const rows = readRacecardsPage(cardsBody([cardBody()])).rows;
  const sent = [...rows.races, ...rows.runners, ...rows.sires].flatMap((row) => Object.keys(row));
  assertEquals(sent.filter((key) => ["card_date", "created_at", "updated_at"].includes(key)), []);
  assertEquals(Object.keys(theOnly(rows.sires)).includes("horse_id"), false);
});
