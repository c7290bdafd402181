import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../command_line/problem.ts";
import { readDemoOptions } from "./options.ts";

Deno.test("without options the demo takes two months, and the platform's own defaults", () => {
  const options = readDemoOptions([]);
  assertEquals([options.months, options.monthsGiven, options.live, options.json], [2, false, false, false]);
  assertEquals(Object.values(options.boot).filter((value) => value !== undefined), []);
});

const wrong: [string[], string][] = [
  [["--months", "none"], '--months must be a whole number from 1 to 999, not "none".'],
  [["--months", "1.5"], '--months must be a whole number from 1 to 999, not "1.5".'],
  [["--api-speed", "0"], '--api-speed must be a number above 0, at most 1000, not "0".'],
  [["--start-date", "2026-02-30"], '--start-date must be a day as YYYY-MM-DD, not "2026-02-30".'],
  [["--start-date", "01/02/2026"], '--start-date must be a day as YYYY-MM-DD, not "01/02/2026".'],
  [["--end-date", "2026-02-01"], "--end-date needs --start-date."],
  [
    ["--start-date", "2026-02-02", "--end-date", "2026-02-01"],
    "The start date 2026-02-02 is after the end date 2026-02-01.",
  ],
  [["--start-date", "2026-02-02", "--months", "3"], "--months and --start-date cannot be used together."],
  [["--live", "--replay", "here"], "--live and --replay cannot be used together."],
  [["--fast"], "There is no option --fast: see deno task demo --help."],
  [["extra"], "There is no option extra: see deno task demo --help."],
];

for (const [args, sentence] of wrong) {
  Deno.test(`${args.join(" ")} is refused with a sentence`, () => {
    assertThrows(() => readDemoOptions(args), Problem, sentence);
  });
}
