import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readRaceTime } from "./race_time.ts";
import { known, MISSING } from "./reading.ts";

Deno.test("readRaceTime() reads minutes with padded and unpadded seconds", () => {
  assertEquals(readRaceTime("2:19.97"), known(139.97));
  assertEquals(readRaceTime("5:1.46"), known(301.46));
  assertEquals(readRaceTime("0:59.78"), known(59.78));
  assertEquals(readRaceTime("59.31"), known(59.31));
  assertEquals(readRaceTime(59.31), known(59.31));
});

Deno.test("readRaceTime() knows no time from one that it can't read", () => {
  for (const sent of ["-", "", "0:00.00", "0"]) assertEquals(readRaceTime(sent), MISSING);
  for (const sent of ["1:75.00", "1:2:3", "1m 2s", "fast", "1:"]) {
    assertEquals(readRaceTime(sent).problem, "is not a time such as 2:19.97");
  }
});

Deno.test("readRaceTime() reads back any time, padded or not", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 60_000 }), (hundredths) => {
    const minutes = Math.floor(hundredths / 6000);
    const seconds = (hundredths % 6000) / 100;
    const unpadded = readRaceTime(`${minutes}:${seconds.toFixed(2)}`).value;
    const padded = readRaceTime(`${minutes}:${seconds.toFixed(2).padStart(5, "0")}`).value;
    return unpadded === hundredths / 100 && padded === unpadded;
  }));
});
