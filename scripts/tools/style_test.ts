import { assertEquals } from "@std/assert";
import { fromFileUrl, relative } from "@std/path";
import { sqlFormatFaults } from "./style/sql_format.ts";
import { quaintWords } from "./style/words.ts";
import { walk } from "../command_line/walk.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
/** Where the words that nobody should use are listed. */
const OWN = /scripts\/tools\/style(_test\.ts$|\/)/;

/** What it is made from is looked at. */
const GENERATED = /^supabase\/migrations\/|^docs\/data_dictionary\.md$|database_types\.ts$/;

async function* files(suffix: RegExp): AsyncGenerator<{ name: string; text: string }> {
  for (const folder of ["supabase", "scripts", "docs"]) {
    for await (const path of walk(`${ROOT}${folder}`)) {
      const name = relative(ROOT, path);
      if (suffix.test(name) && !OWN.test(name) && !GENERATED.test(name) && !name.startsWith("supabase/.")) {
        yield { name, text: await Deno.readTextFile(path) };
      }
    }
  }
  for await (const { name, isFile } of Deno.readDir(ROOT)) {
    if (isFile && suffix.test(name)) yield { name, text: await Deno.readTextFile(ROOT + name) };
  }
}

Deno.test("what a person reads has no quaint words", async () => {
  const found: string[] = [];
  for await (const { name, text } of files(/\.(md|sql|ts)$/)) {
    found.push(...quaintWords(text).map(({ line, word }) => `${name}:${line}: ${word}`));
  }
  assertEquals(found, []);
});

Deno.test("SQL is in lower case, indented by twos, and no line is longer than 120 characters", async () => {
  const found: string[] = [];
  for await (const { name, text } of files(/\.sql$/)) {
    found.push(...sqlFormatFaults(text).map((fault) => `${name}: ${fault}`));
  }
  assertEquals(found, []);
});

Deno.test("quaint words are found in any case, with their line, and their cousins are let pass", () => {
  assertEquals(
    quaintWords("It is late.\nWhoever asks, asks anew; the forest is of latex.").map(({ line, word }) =>
      `${line} ${word}`
    ),
    ["2 anew", "2 Whoever"],
  );
});

Deno.test("each fault of a line of SQL is told, and texts and comments may say what they like", () => {
  assertEquals(sqlFormatFaults("select 'SELECT FROM' -- WHERE\n  , 1;\n"), []);
  assertEquals(sqlFormatFaults("SELECT 1;\n   select 2; \n" + "x".repeat(121)), [
    "line 1 has SELECT in capitals",
    "line 2 ends with a space",
    "line 2 is indented by 3 spaces, which is not a multiple of two",
    "line 3 has 121 characters, 120 are allowed",
  ]);
  // A comment's text goes on as it likes.
  assertEquals(sqlFormatFaults("comment on table t is\n  'one\n   two';\n"), []);
});
