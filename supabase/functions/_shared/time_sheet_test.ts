import { assertEquals, assertRejects } from "@std/assert";
import { HandMovedClock } from "../../tests/support/hand_moved_clock.ts";
import { TimeSheet } from "./time_sheet.ts";

Deno.test("time goes to what is done, and the rest is other", async () => {
  const clock = new HandMovedClock();
  const times = new TimeSheet(clock);
  clock.pass(100);
  await times.during("slot", () => clock.sleep(1000));
  await times.during("fetch", () => clock.sleep(20));
  clock.pass(3);
  assertEquals(times.seconds(), { store: 0, fetch: 0.02, slot: 1, other: 0.103 });
});

Deno.test("of what is done at once, storing counts first, then fetching, and each moment counts once", async () => {
  const clock = new HandMovedClock();
  const times = new TimeSheet(clock);
  const stored = Promise.withResolvers<void>();
  const storing = times.during("store", () => stored.promise);
  clock.pass(10);
  const fetched = Promise.withResolvers<void>();
  const fetching = times.during("slot", () => times.during("fetch", () => fetched.promise));
  clock.pass(200);
  stored.resolve();
  await storing;
  clock.pass(3000);
  fetched.resolve();
  await fetching;
  assertEquals(times.seconds(), { store: 0.21, fetch: 3, slot: 0, other: 0 });
});

Deno.test("work that fails counts until then, and its error comes through", async () => {
  const clock = new HandMovedClock();
  const times = new TimeSheet(clock);
  await assertRejects(
    () =>
      times.during("fetch", () => {
        clock.pass(7);
        return Promise.reject(new Error("no answer"));
      }),
    Error,
    "no answer",
  );
  clock.pass(1);
  assertEquals(times.seconds(), { store: 0, fetch: 0.007, slot: 0, other: 0.001 });
});
