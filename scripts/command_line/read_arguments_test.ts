import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "./problem.ts";
import { readArguments } from "./read_arguments.ts";

const KNOWN = { task: "schema", flags: ["check"], texts: ["database-url"] } as const;

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
