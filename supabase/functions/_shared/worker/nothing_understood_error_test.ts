import { assertEquals } from "@std/assert";
import { NothingUnderstoodError } from "./nothing_understood_error.ts";

const page = { endpoint: "/results", query: new URLSearchParams({ skip: "100" }) } as const;
const reject = { kind: "race", reason: "date is missing." } as const;

Deno.test("NothingUnderstoodError names the call, the number of races and the first reason", () => {
  assertEquals(
    new NothingUnderstoodError({ ...page, rejects: Array(36).fill(reject) }).message,
    "None of the 36 races of /results?skip=100 could be understood: date is missing. " +
      "The raw JSON is in ingest_rejects; the run goes on without this chunk.",
  );
});

Deno.test("NothingUnderstoodError of a page with one race is a sentence too", () => {
  const { message } = new NothingUnderstoodError({ ...page, rejects: [reject] });
  assertEquals(message.split(":")[0], "The one race of /results?skip=100 could not be understood");
});

Deno.test("NothingUnderstoodError of a list speaks of what is in it", () => {
  const rejects = Array(20).fill({ kind: "region", reason: "region_code is missing." } as const);
  const { message } = new NothingUnderstoodError({
    endpoint: "/courses/regions",
    query: new URLSearchParams(),
    rejects,
  });
  assertEquals(message.split(":")[0], "None of the 20 regions of /courses/regions could be understood");
});
