import { assertEquals, assertRejects } from "@std/assert";
import { createProgress } from "./progress.ts";

function recorded(isTerminal: boolean) {
  let text = "";
  return { progress: createProgress((part) => void (text += part), isTerminal), text: () => text };
}

Deno.test("in a pipe each step is one line, and a step that says nothing is none", async () => {
  const { progress, text } = recorded(false);
  await progress.step("schema", () => Promise.resolve({ says: "up to date" }));
  await progress.step("paused runs", () => Promise.resolve({ says: "" }));
  assertEquals(text(), "✓ schema          up to date\n");
});

Deno.test("on a terminal the line of a step is there while it works, and is then replaced", async () => {
  const { progress, text } = recorded(true);
  await progress.step("schema", () => Promise.resolve({ says: "up to date" }));
  assertEquals(text(), "… schema\r\x1b[K✓ schema          up to date\n");
});

Deno.test("a step that fails is marked, and its error goes on", async () => {
  const { progress, text } = recorded(false);
  await assertRejects(() => progress.step("schema", () => Promise.reject(new Error("no"))), Error, "no");
  assertEquals(text(), "✗ schema\n");
});
