import { assertEquals } from "@std/assert";
import { parseScheduled } from "./session_clock.ts";

Deno.test("the time on a processor is the first field, in nanoseconds; the time spent waiting for one does not count", () => {
  assertEquals(parseScheduled("1500000000 987654321 42\n"), 1.5);
});
