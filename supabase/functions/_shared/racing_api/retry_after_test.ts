import { assertEquals } from "@std/assert";
import { retryAfterSeconds } from "./retry_after.ts";

Deno.test("Retry-After is read as seconds", () => {
  assertEquals(retryAfterSeconds("120", null), 120);
  assertEquals(retryAfterSeconds(" 0 ", null), 0);
});

Deno.test("Retry-After as a date is measured against the answer's own date, not against our clock", () => {
  assertEquals(retryAfterSeconds("Mon, 15 Jun 2026 11:00:30 GMT", "Mon, 15 Jun 2026 11:00:00 GMT"), 30);
  assertEquals(retryAfterSeconds("Mon, 15 Jun 2026 10:00:00 GMT", "Mon, 15 Jun 2026 11:00:00 GMT"), 0);
});

Deno.test("a Retry-After of days, or of more than a number can hold, is an hour", () => {
  assertEquals(retryAfterSeconds("9".repeat(400), null), 3600);
  assertEquals(retryAfterSeconds("Fri, 19 Jun 2026 11:00:30 GMT", "Mon, 15 Jun 2026 11:00:00 GMT"), 3600);
});

Deno.test("a Retry-After that is absent or can't be read is none", () => {
  for (const header of [null, "", "soon", "-3"]) assertEquals(retryAfterSeconds(header, null), null);
  assertEquals(retryAfterSeconds("Mon, 15 Jun 2026 11:00:30 GMT", null), null);
});
