import { assert } from "@std/assert";
import fc from "fast-check";
import {
  cardBody,
  cardRunnerBody,
  cardsBody,
  resultBody,
  resultRunnerBody,
  resultsBody,
} from "../../../tests/support/api_bodies.ts";
import { INTEGER_MAX, SMALLINT_MAX } from "../values/numbers.ts";
import { readRacecardsPage } from "./read_racecards.ts";
import { readResultsPage } from "./read_results.ts";
import type { PageRows } from "./rows.ts";

/** The upper bounds of the numeric columns, exclusive. Every other number is an integer. */
const NUMERIC_LIMITS: ReadonlyMap<string, number> = new Map([
  ["distance_furlongs", 1e4],
  ["prize_amount", 1e10],
  ["trainer_rtf_percent", 1e3],
  ["trainer_14_days_percent", 1e3],
  ["beaten_lengths", 1e6],
  ["beaten_lengths_overall", 1e6],
  ["time_seconds", 1e6],
  ["sp_decimal", 1e8],
  ["bsp", 1e8],
]);

/** These may be below 0. */
const FIGURES = ["card_rpr", "card_topspeed", "rpr", "topspeed"];

function assertStorable(rows: PageRows): void {
  for (const row of [...rows.races, ...rows.runners]) {
    const most = "horse_id" in row ? SMALLINT_MAX : INTEGER_MAX;
    for (const [column, value] of Object.entries(row)) {
      if (typeof value !== "number") continue;
      const limit = NUMERIC_LIMITS.get(column);
      const least = FIGURES.includes(column) ? -most - 1 : 0;
      assert(value >= least && value < (limit ?? most + 1), `${column} is ${value}`);
      assert(
        limit === undefined ? Number.isInteger(value) : Number(value.toFixed(2)) === value,
        `${column} is ${value}`,
      );
    }
    if ("prize_amount" in row) assert(row.prize_currency === null || row.prize_amount !== null);
  }
  for (const reject of rows.rejects) assert(reject.raw !== null && reject.reason !== "");
  JSON.stringify(rows, (key, value) => {
    for (const text of [key, value]) {
      assert(
        typeof text !== "string" || (text.isWellFormed() && !text.includes("\0")),
        `${key} can't be stored`,
      );
    }
    return value;
  });
  assertReferences(rows);
}

/** Every id that a runner refers to has its row on the same page. */
function assertReferences(rows: PageRows): void {
  const ids = (list: readonly { id: string }[]) =>
    new Set<string | null>([null, ...list.map((row) => row.id)]);
  const [horses, jockeys, trainers, owners] = [rows.horses, rows.jockeys, rows.trainers, rows.owners].map(
    ids,
  );
  const [sires, dams, damsires] = [rows.sires, rows.dams, rows.damsires].map(ids);
  for (const runner of rows.runners) {
    assert(horses?.has(runner.horse_id) && jockeys?.has(runner.jockey_id));
    assert(trainers?.has(runner.trainer_id) && owners?.has(runner.owner_id));
  }
  for (const horse of rows.horses) {
    assert(sires?.has(horse.sire_id) && dams?.has(horse.dam_id) && damsires?.has(horse.damsire_id));
  }
}

/** Any JSON, and what looks almost right. */
const anyValue = fc.oneof(
  fc.jsonValue({ stringUnit: "binary" }),
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.constantFrom(
    "£",
    "€99999999999999",
    "NR",
    "R",
    "1:99",
    "-0",
    "2147483648",
    "0000-00-00",
    "\0",
    "1e400",
    "(5)",
    "9".repeat(400),
  ),
);

function anyFieldsOf(body: Record<string, unknown>) {
  return fc.dictionary(
    fc.oneof(fc.constantFrom(...Object.keys(body)), fc.string({ unit: "binary" })),
    anyValue,
    { maxKeys: 12 },
  );
}

Deno.test("readRacecardsPage() returns only what Postgres can store, for any field values", () => {
  fc.assert(
    fc.property(
      anyFieldsOf(cardBody()),
      fc.array(anyFieldsOf(cardRunnerBody()), { maxLength: 4 }),
      (race, runners) => {
        const card = cardBody({ runners: runners.map(cardRunnerBody), ...race });
        const page = readRacecardsPage(cardsBody([card, cardBody({ race_id: "rac_9002" })]));
        assert(page.rows.races.some((row) => row.id === "rac_9002"));
        assertStorable(page.rows);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("readResultsPage() returns only what Postgres can store, for any field values", () => {
  fc.assert(
    fc.property(
      anyFieldsOf(resultBody()),
      fc.array(anyFieldsOf(resultRunnerBody()), { maxLength: 4 }),
      (race, runners) => {
        const result = resultBody({ runners: runners.map(resultRunnerBody), ...race });
        const page = readResultsPage(resultsBody([result, resultBody({ race_id: "rac_9002" })]));
        assert(page.rows.races.some((row) => row.id === "rac_9002"));
        assertStorable(page.rows);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("arbitrary pages become rejects, never exceptions", () => {
  fc.assert(fc.property(fc.array(fc.jsonValue({ stringUnit: "binary" })), (list) => {
    for (
      const { raceCount, rows } of [readRacecardsPage(cardsBody(list)), readResultsPage(resultsBody(list))]
    ) {
      assert(raceCount === list.length && rows.rejects.length === list.length);
      assertStorable(rows);
    }
  }));
});
