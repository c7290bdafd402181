import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  INTEGER_MAX,
  readDecimal,
  readFigure,
  readInteger,
  readPercent,
  readSmallInteger,
} from "./numbers.ts";
import { known, MISSING } from "./reading.ts";

const MONEY = { precision: 8, scale: 2 };

Deno.test("readInteger() reads text, padded text and numbers", () => {
  for (const sent of ["7", " 7 ", "7.0", "+7", "07", 7]) assertEquals(readInteger(sent), known(7));
});

Deno.test("readInteger() takes a missing value for missing", () => {
  for (const sent of ["", "-", "–", null, undefined]) assertEquals(readInteger(sent), MISSING);
});

Deno.test("readInteger() names the problem of what is no whole number", () => {
  for (const sent of ["abc", "1.5", "1e3", "0x10", "1,000", "NaN", true, 1.5]) {
    assertEquals(readInteger(sent), { value: null, problem: "is not a whole number of 0 or more" });
  }
});

Deno.test("readInteger() keeps to the bounds of the column", () => {
  assertEquals(readInteger("2147483647"), known(INTEGER_MAX));
  assertEquals(readInteger("2147483648").value, null);
  assertEquals(readInteger("99999999999999999999").value, null);
  assertEquals(readInteger("-1").value, null);
  assertEquals(readInteger("10", 1, 9), { value: null, problem: "is not a whole number from 1 to 9" });
});

Deno.test("readInteger() reads back every integer of Postgres that is not negative", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: INTEGER_MAX }), (number) => {
    return readInteger(String(number)).value === number && readInteger(number).value === number;
  }));
});

Deno.test("readDecimal() reads a number that begins with its point", () => {
  assertEquals(readDecimal(".75", MONEY), known(0.75));
  assertEquals(readDecimal("4.", MONEY), known(4));
  assertEquals(readDecimal("-0", MONEY), known(0));
});

Deno.test("readDecimal() rounds to the scale of the column", () => {
  assertEquals(readDecimal("4.4783", MONEY), known(4.48));
});

Deno.test("readDecimal() refuses what only fits before rounding", () => {
  assertEquals(readDecimal("999999.99", MONEY), known(999999.99));
  assertEquals(readDecimal("999999.996", MONEY).problem, "is not a number from 0 to below 1000000");
  assertEquals(readDecimal("-0.01", MONEY).value, null);
});

Deno.test("readPercent() lets a per cent sign pass", () => {
  assertEquals(readPercent("33"), known(33));
  assertEquals(readPercent("33.3 %"), known(33.3));
  assertEquals(readPercent(""), MISSING);
  assertEquals(readPercent("most").problem, "is not a number");
});

Deno.test("readPercent() takes the percentage of nothing for missing", () => {
  for (const sent of ["None", "none"]) assertEquals(readPercent(sent), MISSING);
});

Deno.test("readFigure() keeps a figure below 0", () => {
  for (const [sent, figure] of [["-3", -3], ["0", 0], ["112", 112], [-7, -7]] as const) {
    assertEquals(readFigure(sent), known(figure));
  }
  assertEquals(readFigure("–"), MISSING);
  for (const sent of ["-3.5", "low", "-9999999999"]) {
    assertEquals(readFigure(sent), { value: null, problem: "is not a whole number from -32768 to 32767" });
  }
});

Deno.test("readDecimal() never throws, and never returns what the column can't hold", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.double(), fc.integer().map(String)), (sent) => {
    const { value } = readDecimal(sent, MONEY);
    return value === null || (value >= 0 && value < 1e6 && Number(value.toFixed(2)) === value);
  }));
});

Deno.test("readSmallInteger() takes what a runner's column can't hold for misread", () => {
  assertEquals(readSmallInteger("32767"), known(32_767));
  for (const sent of ["32768", "126000", "-1"]) {
    assertEquals(readSmallInteger(sent), { value: null, problem: "is not a whole number from 0 to 32767" });
  }
});
