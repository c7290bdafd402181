import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { furlongsOf, metresOf, readDistanceText, readFurlongs, readWholeDistance } from "./distance.ts";
import { known, MISSING } from "./reading.ts";

Deno.test("readDistanceText() turns every form of the cards into yards", () => {
  const yards = {
    "2m53y": 3573,
    "1m53y": 1813,
    "1m": 1760,
    "5f": 1100,
    "7½f": 1650,
    "1m½f": 1870,
    "2m4½f": 4510,
    "6f16y": 1336,
    "1m 2f 50yds": 2250,
  };
  for (const [text, expected] of Object.entries(yards)) assertEquals(readDistanceText(text), known(expected));
});

Deno.test("readDistanceText() refuses what is no distance", () => {
  for (const sent of ["far", "m", "f", "0f", "1f1m", "5", "99999m"]) {
    assertEquals(readDistanceText(sent).problem, "is not a distance such as 2m4½f or 1m53y");
  }
  assertEquals(readDistanceText(""), MISSING);
});

Deno.test("readDistanceText() adds up miles, furlongs and yards", () => {
  const part = (max: number) => fc.integer({ min: 1, max });
  fc.assert(fc.property(part(4), part(7), part(219), (miles, furlongs, yards) => {
    return readDistanceText(`${miles}m${furlongs}f${yards}y`).value === miles * 1760 + furlongs * 220 + yards;
  }));
});

Deno.test("readWholeDistance() reads yards and metres", () => {
  assertEquals(readWholeDistance("1540"), known(1540));
  assertEquals(readWholeDistance("2400.0"), known(2400));
  assertEquals(readWholeDistance("0"), MISSING);
  for (const sent of ["1.5", "1540.04", 1.5]) {
    assertEquals(readWholeDistance(sent), { value: null, problem: "is not a whole number of 0 or more" });
  }
  assertEquals(readWholeDistance("900000").problem, "is longer than any race");
});

Deno.test("readFurlongs() reads both cards and results", () => {
  assertEquals(readFurlongs("16.0"), known(16));
  assertEquals(readFurlongs("8f"), known(8));
  assertEquals(readFurlongs("8.5f"), known(8.5));
  assertEquals(readFurlongs(6.5), known(6.5));
  assertEquals(readFurlongs("0.0"), MISSING);
  assertEquals(readFurlongs("1m").problem, "is not a number of furlongs");
  assertEquals(readFurlongs("10000").value, null);
});

Deno.test("metresOf() and furlongsOf() convert yards", () => {
  assertEquals(metresOf(3573), 3267);
  assertEquals(furlongsOf(1870), 8.5);
  assertEquals(metresOf(null), null);
  assertEquals(furlongsOf(null), null);
});
