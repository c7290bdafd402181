import { assertEquals } from "@std/assert";
import { conclude, isComplete, type Outcome } from "./conclusion.ts";

const COMPLETE: Outcome = {
  range: { start: "2025-10-07", end: "2025-10-13" },
  succeeded: true,
  failures: [],
  races: 7,
  replayed: undefined,
  halfDays: [],
  seconds: 5.2,
  secondsToStart: 3.1,
};

Deno.test("a complete demo says which days, and how long it took", () => {
  assertEquals(conclude(COMPLETE), [
    "Complete: 2025-10-07 to 2025-10-13 in 5.2 s, of which 3.1 s were the start.",
  ]);
  assertEquals(conclude({ ...COMPLETE, races: 0, range: { start: "2025-10-07", end: "2025-10-07" } }), [
    "Complete: 2025-10-07 in 5.2 s, of which 3.1 s were the start. The API has no race in this range.",
  ]);
});

Deno.test("a replay of cards without results, or the other way round, is complete, and says so", () => {
  const replay: Outcome = {
    ...COMPLETE,
    replayed: "captures",
    halfDays: [
      { day: "2025-10-07", without_card: 5, without_result: 0 },
      { day: "2025-10-08", without_card: 6, without_result: 0 },
      { day: "2025-10-13", without_card: 0, without_result: 1 },
    ],
  };
  assertEquals(isComplete(replay), true);
  assertEquals(conclude(replay), [
    "captures holds no result of 1 race with a card (2025-10-13): stored with the card alone.",
    "captures holds no card of 11 races with a result (2 days from 2025-10-07 to 2025-10-08): " +
    "stored with the result alone.",
    "Complete: 2025-10-07 to 2025-10-13 in 5.2 s, of which 3.1 s were the start.",
  ]);
});

Deno.test("failures come first, and one of them is no failures", () => {
  const one = { ...COMPLETE, failures: ["The results chunk from 2025-10-01 is dead."] };
  assertEquals(isComplete(one), false);
  assertEquals(conclude(one), [
    "The results chunk from 2025-10-01 is dead.",
    "Not complete: 2025-10-07 to 2025-10-13, 1 failure, as above.",
  ]);
  const [, , last] = conclude({ ...one, failures: ["One.", "Two."] });
  assertEquals(last, "Not complete: 2025-10-07 to 2025-10-13, 2 failures, as above.");
  assertEquals(conclude({ ...COMPLETE, succeeded: false }), [
    "Not complete: 2025-10-07 to 2025-10-13, the run did not succeed.",
  ]);
});
