import { assertEquals } from "@std/assert";
import { lastFullMonths } from "./range.ts";

Deno.test("the last two full months of a November are September and October", () => {
  assertEquals(lastFullMonths(2, "2026-11-23"), { start: "2026-09-01", end: "2026-10-31" });
});

Deno.test("the last full month of a January is the December before", () => {
  assertEquals(lastFullMonths(1, "2026-01-01"), { start: "2025-12-01", end: "2025-12-31" });
});

Deno.test("a leap year's February has its 29th", () => {
  assertEquals(lastFullMonths(1, "2024-03-31"), { start: "2024-02-01", end: "2024-02-29" });
});
