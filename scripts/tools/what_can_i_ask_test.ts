import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { answerQuestions } from "./what_can_i_ask/answer_questions.ts";
import { questionsOf, writeAnswers } from "./what_can_i_ask/write_answers.ts";

const PAGE = await Deno.readTextFile(new URL("../../docs/what_can_i_ask.md", import.meta.url));

Deno.test("each question of the snippets is asked on the page once", async () => {
  const names = [];
  for await (const { name } of Deno.readDir(new URL("../../supabase/snippets/", import.meta.url))) {
    if (name.startsWith("ask_")) names.push(name.replace(/\.sql$/, ""));
  }
  assertEquals(questionsOf(PAGE).toSorted(), names.toSorted());
});

Deno.test("an answer is a table of at most twelve rows, and one without rows is none", () => {
  const page = "Before.\n\n<!-- ask_a -->\n<!-- end -->\n\n<!-- ask_b -->\nold\n<!-- end -->\n";
  const rows = Array.from({ length: 14 }, (_, n) => ({ n, text: "x" }));
  const written = writeAnswers(
    page,
    new Map([["ask_a", { query: "-- What?\nselect 1;\n", rows }], ["ask_b", {
      query: "-- No?\nselect 2;\n",
      rows: [],
    }]]),
  );
  assertMatch(
    written,
    /```sql\nselect 1;\n```\n\n```text\n n {2}text\n 0 {2}x\n[\s\S]*11 {2}x\n… and 2 more\n```/,
  );
  assertMatch(written, /select 2;\n```\n\n```text\nnone\n```\n\n<!-- end -->\n$/);
  assert(!written.includes("old"));
  assertThrows(() => writeAnswers(page, new Map()), Error, "nobody has answered");
});

Deno.test("the queries and answers of the page are those of the database", async () => {
  const now = await answerQuestions(PAGE);
  const [found, expected] = [PAGE.split("\n"), now.split("\n")];
  for (const [n, line] of expected.entries()) {
    assertEquals(found[n], line, `line ${n + 1}: run "deno task answers" and commit docs/what_can_i_ask.md`);
  }
  assertEquals(found.length, expected.length);
  // Each question has an answer to show.
  assertEquals(PAGE.match(/```text\nnone\n```/g), null);
});
