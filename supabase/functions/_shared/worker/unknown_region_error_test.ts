import { assertEquals } from "@std/assert";
import { UnknownRegionError } from "./unknown_region_error.ts";

Deno.test("UnknownRegionError names the codes, those that there are, and what to do", () => {
  const { message, failureClass } = new UnknownRegionError(["sa"], ["gb", "saf"]);
  assertEquals(
    message,
    "The Racing API has no region sa; it has: gb, saf. Correct the codes in backfill_settings.regions, then retry the run.",
  );
  assertEquals(failureClass, "chunk");
});

Deno.test("UnknownRegionError of several codes, and of an API that lists nothing, is a sentence too", () => {
  assertEquals(
    new UnknownRegionError(["gb", "ire"], []).message.split(". ")[0],
    "The Racing API has no regions gb, ire; it has: none",
  );
});
