import { assertEquals } from "@std/assert";
import {
  isTest,
  readOldDistance,
  readOldOffTime,
  readOldPrize,
  readOldRegion,
  readOldSex,
  withoutUnit,
} from "./old_values.ts";

Deno.test("a time of the night is the twelve-hour time that was printed", () => {
  assertEquals(readOldOffTime("01:44:00").value, "1:44");
  assertEquals(readOldOffTime("12:05:00").value, "12:05");
  assertEquals(readOldOffTime("13:44").value, "1:44");
  assertEquals(readOldOffTime("00:00:00"), { value: null, problem: null });
  assertEquals(readOldOffTime(""), { value: null, problem: null });
  assertEquals(readOldOffTime("soon").problem, "is not a time of day");
});

Deno.test("the three columns of a distance mean what the one that wrote them last meant", () => {
  const none = { cardDistance: null, cardDistanceRound: null, resultDistance: null };
  assertEquals(readOldDistance({ distance: "16.0", distance_f: "2m53y", distance_round: "2m" }).value, {
    ...{ yards: 3573, metres: 3267, furlongs: 16 },
    ...{ cardDistance: "2m53y", cardDistanceRound: "2m", resultDistance: null },
  });
  assertEquals(readOldDistance({ distance: "3267", distance_f: "16f", distance_round: "2m" }).value, {
    ...{ yards: 3573, metres: 3267, furlongs: 16 },
    ...{ ...none, resultDistance: "2m" },
  });
  assertEquals(readOldDistance({ distance: "", distance_f: null, distance_round: "" }), {
    value: { yards: null, metres: null, furlongs: null, ...none },
    problem: null,
  });
  assertEquals(
    readOldDistance({ distance: "5.0", distance_f: "far", distance_round: "5f" }).problem,
    "is not a distance such as 2m4½f or 1m53y",
  );
});

Deno.test("regions are the API's, in lower case", () => {
  assertEquals(["GB", "ire", "sa", "ITA", ""].map(readOldRegion), ["gb", "ire", "saf", "ity", null]);
});

Deno.test("a prize is pounds in Great Britain, and of an unknown currency elsewhere; a lost one is none", () => {
  assertEquals(readOldPrize(4606, "gb").value, { amount: 4606, currency: "GBP" });
  assertEquals(readOldPrize("4187.20", "ire").value, { amount: 4187.2, currency: null });
  assertEquals(readOldPrize(null, "ire"), { value: null, problem: null });
});

Deno.test("the sex is a word or a code, lengths have a unit or none, and tests are known by their mark", () => {
  assertEquals(readOldSex("mare"), { word: "mare", code: null });
  assertEquals(readOldSex("M"), { word: null, code: "M" });
  assertEquals([withoutUnit("1.25L"), withoutUnit("0"), withoutUnit(0.5)], ["1.25", "0", 0.5]);
  assertEquals([isTest("hrs_1", "**TEST** Horse"), isTest("hrs_1", null)], [true, false]);
});
