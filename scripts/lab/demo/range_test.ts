import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../command_line/problem.ts";
import { checkDays, lastFullMonths, mostMonths } from "./range.ts";

Deno.test("the last two full months of a November are September and October", () => {
  assertEquals(lastFullMonths(2, "2026-11-23"), { start: "2026-09-01", end: "2026-10-31" });
});

Deno.test("the last full month of a January is the December before", () => {
  assertEquals(lastFullMonths(1, "2026-01-01"), { start: "2025-12-01", end: "2025-12-31" });
});

Deno.test("a leap year's February has its 29th", () => {
  assertEquals(lastFullMonths(1, "2024-03-31"), { start: "2024-02-01", end: "2024-02-29" });
});

Deno.test("the most months begin on the first day of The Racing API", () => {
  for (const today of ["2026-11-30", "2026-12-01", "2024-02-29"]) {
    assertEquals(lastFullMonths(mostMonths(today), today).start, "1988-01-01");
  }
});

Deno.test("the first day and the last one that can have a card are days like others", () => {
  checkDays("1988-01-01", "2026-12-02", "2026-11-25");
  checkDays("2026-12-02", "2026-12-02", "2026-11-25");
});

for (
  const [start, end, sentence] of [
    ["2026-02-02", "2026-02-01", "The start date 2026-02-02 is after the end date 2026-02-01: swap them."],
    [
      "1987-12-31",
      "2026-02-01",
      "The start date 1987-12-31 is before 1988-01-01, the first day of The Racing API: start then or later.",
    ],
    [
      "2026-11-01",
      "2026-12-03",
      "The end date 2026-12-03 is more than 7 days ahead: there are no cards after 2026-12-02 yet.",
    ],
    [
      "2026-12-03",
      "2026-12-03",
      "The start date 2026-12-03 is more than 7 days ahead: there are no cards after 2026-12-02 yet.",
    ],
  ] as const
) {
  Deno.test(`the days from ${start} to ${end} are refused`, () => {
    assertThrows(() => checkDays(start, end, "2026-11-25"), Problem, sentence);
  });
}
