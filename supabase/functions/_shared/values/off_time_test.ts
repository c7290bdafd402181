import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readLondonMoment, readOffDt, readOffTime } from "./off_time.ts";
import { known, MISSING } from "./reading.ts";

const NO_MOMENT = {
  value: null,
  problem: "is not a moment with an offset, such as 2025-10-14T13:44:00+01:00",
};

Deno.test("readOffDt() keeps the moment and its offset, in summer and in winter", () => {
  assertEquals(readOffDt("2025-10-14T13:44:00+01:00"), known("2025-10-14T13:44:00+01:00"));
  assertEquals(readOffDt("2025-12-14T13:44:00+00:00"), known("2025-12-14T13:44:00+00:00"));
});

Deno.test("readOffDt() brings the other spellings of ISO 8601 to one", () => {
  for (const sent of ["2025-12-14T13:44Z", "2025-12-14 13:44:00+0000", "2025-12-14T13:44:00.000Z"]) {
    assertEquals(readOffDt(sent), known("2025-12-14T13:44:00+00:00"));
  }
});

Deno.test("readOffDt() does not guess an offset", () => {
  assertEquals(readOffDt("2025-10-14T13:44:00"), NO_MOMENT);
});

Deno.test("readOffDt() refuses moments that never were", () => {
  for (
    const sent of [
      "2015-02-30T13:44:00+00:00",
      "2025-10-14T24:00:00+01:00",
      "2025-10-14T13:60:00+01:00",
      "2025-10-14T13:44:60+01:00",
      "2025-10-14T13:44:61+01:00",
      "2025-10-14T13:44:00+01:60",
      "2025-10-14T13:44:00+19:00",
      "1:44",
    ]
  ) {
    assertEquals(readOffDt(sent), NO_MOMENT);
  }
  assertEquals(readOffDt(""), MISSING);
});

Deno.test("readOffDt() returns the moment that was sent", () => {
  const min = new Date("1988-01-01T00:00:00Z");
  const max = new Date("2100-01-01T00:00:00Z");
  fc.assert(fc.property(fc.date({ min, max, noInvalidDate: true }), (moment) => {
    const text = moment.toISOString().slice(0, 19) + "Z";
    return Date.parse(readOffDt(text).value ?? "") === Date.parse(text);
  }));
});

Deno.test("readOffTime() keeps the 12-hour text and makes no time of it", () => {
  assertEquals(readOffTime("1:44"), known("1:44"));
  assertEquals(readOffTime("11:05"), known("11:05"));
});

Deno.test("readOffTime() refuses what no clock shows", () => {
  for (const sent of ["24:00", "25:10", "1:60", "1.44", "soon"]) {
    assertEquals(readOffTime(sent), { value: null, problem: "is not a time of day" });
  }
});

Deno.test("readLondonMoment() names the zone and leaves the offset to Postgres", () => {
  assertEquals(readLondonMoment("2025-10-13 14:11:07").value, "2025-10-13 14:11:07 Europe/London");
  assertEquals(readLondonMoment("2025-12-13T14:11:07.250").value, "2025-12-13 14:11:07 Europe/London");
  assertEquals(readLondonMoment("-"), { value: null, problem: null });
});

Deno.test("readLondonMoment() refuses local times that London does not have", () => {
  for (
    const sent of [
      "2025-02-29 10:00:00",
      "2025-10-13 24:00:00",
      "2025-10-13 14:60:00",
      "2025-10-13 14:11:60",
      "2025-10-13",
      "now",
      "14:11:07",
    ]
  ) {
    assertEquals(readLondonMoment(sent).problem, "is not a local time such as 2025-10-13 14:11:07");
  }
});
