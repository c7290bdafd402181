import { assertEquals } from "@std/assert";
import { uk } from "./calendar.ts";
import { nextMoment } from "./drive.ts";

const now = uk("2026-10-22", "05:50");

Deno.test("time moves to the first minute at which something is due", () => {
  const due = new Date(now.getTime() + 90_500);
  assertEquals(nextMoment(now, [uk("2026-10-22", "07:00"), due, null, undefined], []), {
    moment: uk("2026-10-22", "05:52"),
    waking: false,
  });
});

Deno.test("what is past is not due", () => {
  const past = new Date(now.getTime() - 1);
  assertEquals(nextMoment(now, [past, uk("2026-10-22", "05:59")], []).moment, uk("2026-10-22", "05:59"));
});

Deno.test("a sleep ends with a wake-up tick", () => {
  const asleep = [{ from: uk("2026-10-22", "06:00"), to: uk("2026-10-24", "06:00") }];
  assertEquals(nextMoment(now, [uk("2026-10-22", "06:08")], asleep), {
    moment: uk("2026-10-24", "06:00"),
    waking: true,
  });
});
