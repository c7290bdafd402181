import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isRealDate, readDate } from "./dates.ts";
import { known, MISSING } from "./reading.ts";

Deno.test("readDate() reads a day that the calendar has", () => {
  assertEquals(readDate("2024-02-29"), known("2024-02-29"));
  assertEquals(readDate(""), MISSING);
});

Deno.test("readDate() refuses days that no calendar has, and every other form", () => {
  for (
    const sent of [
      "2015-02-30",
      "2023-02-29",
      "1900-02-29",
      "2024-13-01",
      "2024-04-31",
      "0000-01-01",
      "2024-1-1",
      "01/02/2024",
    ]
  ) {
    assertEquals(readDate(sent), { value: null, problem: "is not a real date of the form 2025-10-14" });
  }
});

Deno.test("isRealDate() knows how many days each month has", () => {
  const lastDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const real = (month: number, day: number) => isRealDate(`2025-${String(month).padStart(2, "0")}-${day}`);
  assertEquals(
    lastDays.map((last, index) => [real(index + 1, last), real(index + 1, last + 1)]),
    lastDays.map(() => [true, false]),
  );
});

Deno.test("isRealDate() knows every day from 1000 to 9999", () => {
  const min = new Date("1000-01-01T00:00:00Z");
  const max = new Date("9999-12-31T00:00:00Z");
  fc.assert(
    fc.property(
      fc.date({ min, max, noInvalidDate: true }),
      (day) => isRealDate(day.toISOString().slice(0, 10)),
    ),
  );
});

Deno.test("isRealDate() agrees with the calendar about any year, month and day", () => {
  const part = (max: number) => fc.integer({ min: 0, max }).map((number) => String(number).padStart(2, "0"));
  fc.assert(fc.property(fc.integer({ min: 1000, max: 9999 }), part(14), part(33), (year, month, day) => {
    const text = `${year}-${month}-${day}`;
    const moment = new Date(`${text}T00:00:00Z`);
    const real = !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text);
    return isRealDate(text) === real;
  }));
});
