import { assertEquals } from "@std/assert";
import { NoRaceUnderstoodError } from "./no_race_understood_error.ts";

const page = {
  endpoint: "/results",
  query: new URLSearchParams({ skip: "100" }),
  firstReason: "date is missing.",
} as const;

Deno.test("NoRaceUnderstoodError names the call, the number of races and the first reason", () => {
  assertEquals(
    new NoRaceUnderstoodError({ ...page, raceCount: 36 }).message,
    "None of the 36 races of /results?skip=100 could be understood: date is missing. " +
      "The raw JSON is in ingest_rejects; the run goes on without this chunk.",
  );
});

Deno.test("NoRaceUnderstoodError of a page with one race is a sentence too", () => {
  const { message } = new NoRaceUnderstoodError({ ...page, raceCount: 1 });
  assertEquals(message.split(":")[0], "The one race of /results?skip=100 could not be understood");
});
