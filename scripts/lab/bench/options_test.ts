import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../command_line/problem.ts";
import { readBenchOptions } from "./options.ts";

Deno.test("without options a year is filled at 20 times the rates, with --full the whole range at the documented ones", () => {
  const { range, boot, isFull } = readBenchOptions([]);
  assertEquals([range.start, range.end, boot.apiSpeed, isFull], ["2025-01-01", "2025-10-19", 20, false]);
  const full = readBenchOptions(["--full"]);
  assertEquals([full.range.start, full.range.end, full.boot.apiSpeed, full.isFull], [
    "2015-01-01",
    "2025-10-19",
    1,
    true,
  ]);
  assertEquals(readBenchOptions(["--full", "--api-speed", "3"]).boot.apiSpeed, 3);
  assertEquals(full.hasLongTexts, true);
  assertEquals(readBenchOptions(["--full", "--without-long-texts"]).hasLongTexts, false);
});

Deno.test("an option of the bench that is wrong is a sentence", () => {
  for (
    const [args, sentence] of [
      [["--full", "--start-date", "2025-01-01"], "--full and --start-date cannot be used together."],
      [["--full", "--end-date", "2025-01-01"], "--full and --end-date cannot be used together."],
      [
        ["--start-date", "2025-11-01"],
        "The start date 2025-11-01 is after the end date 2025-10-19: swap them.",
      ],
      [["--start-date", "1987-01-01"], "before 1988-01-01, the first day of The Racing API"],
      [["--fast"], "There is no option --fast: see deno task bench --help."],
    ] as const
  ) {
    assertThrows(() => readBenchOptions(args), Problem, sentence);
  }
});
