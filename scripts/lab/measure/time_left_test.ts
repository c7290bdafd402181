import { assertEquals } from "@std/assert";
import { judgeTimeLeft } from "./time_left.ts";

Deno.test("the time left at each quarter is held against what it then took", () => {
  const samples = [
    { at: 1, percent: 1, secondsLeft: 90 },
    { at: 26, percent: 25.5, secondsLeft: 80 },
    { at: 51, percent: 51, secondsLeft: 49 },
    { at: 76, percent: 76, secondsLeft: 20 },
    { at: 99, percent: 99, secondsLeft: 1 },
  ];
  assertEquals(judgeTimeLeft(samples, 101), [
    { percent: 25.5, seconds_left: 80, seconds_it_took: 75, error_percent: 6.7 },
    { percent: 51, seconds_left: 49, seconds_it_took: 50, error_percent: -2 },
    { percent: 76, seconds_left: 20, seconds_it_took: 25, error_percent: -20 },
  ]);
});

Deno.test("a run that was over at once has nothing to foretell", () => {
  assertEquals(judgeTimeLeft([{ at: 0.1, percent: 100, secondsLeft: 0 }], 0.1), []);
});
