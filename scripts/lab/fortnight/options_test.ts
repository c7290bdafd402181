import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../command_line/problem.ts";
import { FIRST_DAY, LAST_DAY } from "./calendar.ts";
import { readFortnightOptions } from "./options.ts";

Deno.test("without options it is the whole fortnight at twenty times the speed", () => {
  assertEquals(readFortnightOptions([]), {
    help: false,
    firstDay: FIRST_DAY,
    lastDay: LAST_DAY,
    apiSpeed: 20,
    seed: 1,
    databaseUrl: undefined,
    json: false,
  });
});

Deno.test("wrong options are refused with a sentence", () => {
  const wrong: [string[], string][] = [
    [["--first-day", "2026-02-30"], '--first-day must be a day as YYYY-MM-DD, not "2026-02-30".'],
    [["--seed", "x"], "--seed must be a whole number"],
    [["--api-speed", "0"], "--api-speed must be"],
    [["--database-url", "here"], "--database-url must be like"],
    [["--days", "3"], "There is no option --days"],
  ];
  for (const [args, sentence] of wrong) {
    assertThrows(() => readFortnightOptions(args), Problem, sentence);
  }
});
