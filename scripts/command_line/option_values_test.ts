import { assertEquals, assertThrows } from "@std/assert";
import { databaseUrl, day, factor, list, type ValueReader, wholeNumber } from "./option_values.ts";
import { Problem } from "./problem.ts";

const read: [string, ValueReader<unknown>, string, unknown][] = [
  ["a day", day, "2024-02-29", "2024-02-29"],
  ["a whole number", wholeNumber(0), "0", 0],
  ["the highest whole number", wholeNumber(1, 12), "12", 12],
  ["a factor", factor(100), "0.5", 0.5],
  ["a list", list, "racecards, results,", ["racecards", "results"]],
  ["a database's URL", databaseUrl, "postgres://x@127.0.0.1/y", "postgres://x@127.0.0.1/y"],
];
for (const [what, reader, text, value] of read) {
  Deno.test(`${what} is read from "${text}"`, () => assertEquals(reader(text, "option"), value));
}

const refused: [ValueReader<unknown>, string, string][] = [
  [day, "2026-02-30", '--option must be a day as YYYY-MM-DD, not "2026-02-30".'],
  [day, "26-2-1", '--option must be a day as YYYY-MM-DD, not "26-2-1".'],
  [wholeNumber(0), "1.5", '--option must be a whole number from 0 on, not "1.5".'],
  [wholeNumber(0), "9007199254740993", '--option must be a whole number from 0 on, not "9007199254740993".'],
  [wholeNumber(1, 12), "13", '--option must be a whole number from 1 to 12, not "13".'],
  [factor(100), "0", '--option must be a number above 0, at most 100, not "0".'],
  [factor(100), "101", '--option must be a number above 0, at most 100, not "101".'],
  [list, " , ", "--option needs at least one value; separate several with commas."],
  [databaseUrl, "here", "--option must be like postgres://user:password@127.0.0.1:5432/postgres."],
];
for (const [reader, text, sentence] of refused) {
  Deno.test(`"${text}" is refused with: ${sentence}`, () => {
    assertThrows(() => reader(text, "option"), Problem, sentence);
  });
}
