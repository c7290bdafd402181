import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../command_line/problem.ts";
import { readMeasureOptions } from "./options.ts";

Deno.test("without options a year of all feeds is measured", () => {
  const { startDate, endDate, feeds, horses, json } = readMeasureOptions([]);
  assertEquals({ startDate, endDate, feeds, horses, json }, {
    startDate: "2025-01-01",
    endDate: "2025-12-31",
    feeds: undefined,
    horses: false,
    json: false,
  });
  assertEquals(readMeasureOptions(["--feeds", "racecards,results"]).feeds, ["racecards", "results"]);
});

Deno.test("an option that is wrong is a sentence", () => {
  for (
    const [args, sentence] of [
      [["--start-date", "2025-02-30"], '--start-date must be a day as YYYY-MM-DD, not "2025-02-30".'],
      [["--speed", "3"], "There is no option --speed: see deno task measure --help."],
      [["--api-speed", "0"], '--api-speed must be a number above 0, at most 1000, not "0".'],
    ] as const
  ) {
    assertThrows(() => readMeasureOptions(args), Problem, sentence);
  }
});
