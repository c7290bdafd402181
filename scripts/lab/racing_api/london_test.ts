import { assertEquals } from "@std/assert";
import { dayOf, isDate, londonDay, londonInstant, londonIso, twelveHour } from "./london.ts";

Deno.test("the London offset agrees with Intl at noon of every day from 1988 to 2030", () => {
  const hour = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Europe/London",
    hour: "2-digit",
    hour12: false,
  });
  for (let day = dayOf("1988-01-01"); day < dayOf("2031-01-01"); day++) {
    assertEquals(hour.format(londonInstant(day, 12 * 60)), "12", `day ${day}`);
  }
});

Deno.test("an off time carries the offset and loses am and pm", () => {
  const summer = londonInstant(dayOf("2025-07-01"), 13 * 60 + 44);
  assertEquals(londonIso(summer), "2025-07-01T13:44:00+01:00");
  assertEquals(twelveHour(summer), "1:44");
  const winter = londonInstant(dayOf("2025-12-01"), 12 * 60 + 5);
  assertEquals(londonIso(winter), "2025-12-01T12:05:00+00:00");
  assertEquals(twelveHour(winter), "12:05");
});

Deno.test("the London day begins an hour before the UTC day in summer", () => {
  assertEquals(londonDay(Date.parse("2025-06-30T23:30:00Z")), dayOf("2025-07-01"));
  assertEquals(londonDay(Date.parse("2025-12-31T23:30:00Z")), dayOf("2025-12-31"));
});

Deno.test("only real calendar dates are dates", () => {
  assertEquals(["2024-02-29", "2023-02-29", "2024-2-9", "", "2024-13-01"].map(isDate), [
    true,
    false,
    false,
    false,
    false,
  ]);
});
