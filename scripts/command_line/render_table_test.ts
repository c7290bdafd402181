import { assertEquals } from "@std/assert";
import { renderTable } from "./render_table.ts";

Deno.test("numbers stand to the right, texts to the left, and what is missing is a dash", () => {
  assertEquals(
    renderTable([{ year: 2026, name: "Sandbury", races: 2229 }, { year: 2025, name: "Aye", races: null }]),
    "year  name      races\n2026  Sandbury   2229\n2025  Aye           -",
  );
});

Deno.test("without rows there is none", () => {
  assertEquals(renderTable([]), "none");
});
