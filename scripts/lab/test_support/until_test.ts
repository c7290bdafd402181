import { assertEquals, assertRejects } from "@std/assert";
import { until } from "./until.ts";

Deno.test("until() looks again until the condition holds", async () => {
  let looks = 0;
  await until(() => ++looks === 3, "the third look");
  await until(async () => await Promise.resolve(++looks === 6), "the sixth look");
  assertEquals(looks, 6);
});

Deno.test("until() fails with what was waited for, and with more when there is more to say", async () => {
  const seconds = 0.05;
  let error = await assertRejects(() => until(() => false, "the end of time", { seconds }));
  assertEquals((error as Error).message, "Waited 0.05 s for the end of time");
  error = await assertRejects(() => until(() => false, "it", { seconds, more: () => "the log" }));
  assertEquals((error as Error).message, "Waited 0.05 s for it\nthe log");
});

Deno.test("until() gives up a condition that never settles", async () => {
  const never = () => new Promise<boolean>(() => {});
  await assertRejects(() => until(never, "an answer", { seconds: 0.05 }), Error, "for an answer");
});

Deno.test("until() fails with what the condition throws", async () => {
  const ended = () => Promise.reject(new Error("the program ended"));
  await assertRejects(() => until(ended, "the program"), Error, "the program ended");
});
