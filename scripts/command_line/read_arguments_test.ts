import { assertEquals, assertThrows } from "@std/assert";
import { databaseUrl, wholeNumber } from "./option_values.ts";
import { Problem } from "./problem.ts";
import { readArguments } from "./read_arguments.ts";

const KNOWN = { task: "schema", flags: ["check"], values: { "database-url": databaseUrl } } as const;

Deno.test("flags are true or false, texts there or not", () => {
  const given = readArguments(["--check"], KNOWN);
  assertEquals([given.check, given.help, given["database-url"], given.words], [true, false, undefined, []]);
  assertEquals(
    readArguments(["--database-url", "postgres://x", "-h"], KNOWN)["database-url"],
    "postgres://x",
  );
  assertEquals(readArguments(["-h"], KNOWN).help, true);
});

for (const word of ["--chek", "bogus"]) {
  Deno.test(`${word} is refused with a sentence`, () => {
    assertThrows(
      () => readArguments([word], KNOWN),
      Problem,
      `There is no option ${word}: see deno task schema --help.`,
    );
  });
}

Deno.test("words are read where they mean something", () => {
  assertEquals(readArguments(["one_test.ts", "--check"], { ...KNOWN, words: true }).words, ["one_test.ts"]);
});

Deno.test("an option without its value is refused with a sentence", () => {
  for (const args of [["--database-url"], ["--database-url="]]) {
    assertThrows(() => readArguments(args, KNOWN), Problem, "The option --database-url needs a value.");
  }
});

Deno.test("a negative number is a value, which may be too small, and no option", () => {
  const known = { task: "demo", values: { months: wholeNumber(1, 12) } } as const;
  for (const args of [["--months", "-1"], ["--months=-1"]]) {
    assertThrows(
      () => readArguments(args, known),
      Problem,
      '--months must be a whole number from 1 to 12, not "-1".',
    );
  }
  assertThrows(
    () => readArguments(["-1"], known),
    Problem,
    "There is no option -1: see deno task demo --help.",
  );
});
