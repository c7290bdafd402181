import { assertEquals } from "@std/assert";
import { readLastRun } from "./last_run.ts";

Deno.test("readLastRun() takes the days of this code and keeps the text", () => {
  assertEquals(readLastRun("95"), { text: "95", days: 95 });
  assertEquals(readLastRun(95), { text: "95", days: 95 });
  assertEquals(readLastRun("68 (36J)"), { text: "68 (36J)", days: 68 });
  assertEquals(readLastRun("68(36J)"), { text: "68(36J)", days: 68 });
});

Deno.test("readLastRun() has no days when the only run was under another code", () => {
  assertEquals(readLastRun("(22P)"), { text: "(22P)", days: null });
});

Deno.test("readLastRun() has nothing for a horse that never ran", () => {
  assertEquals(readLastRun(""), { text: null, days: null });
});

Deno.test("readLastRun() keeps a text that it can't read", () => {
  assertEquals(readLastRun("22P"), { text: "22P", days: null });
});

Deno.test("readLastRun() has no days where they are more than the column holds", () => {
  assertEquals(readLastRun("32767"), { text: "32767", days: 32_767 });
  assertEquals(readLastRun("45000"), { text: "45000", days: null });
});
