import { assert, assertEquals } from "@std/assert";
import { connect, type Sql } from "../platform/database.ts";
import { type Platform, startPlatform } from "../platform/platform.ts";
import { present } from "../test_support/present.ts";
import { MovedTime, StandingTime } from "./moved_time.ts";
import { freeSlots } from "./slots.ts";

let platform: Platform;
let sql: Sql;

Deno.test.beforeAll(async () => {
  platform = await startPlatform({ functions: false, cron: "manual" });
  sql = connect(platform.adminUrl, { max: 1, name: "test" });
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await platform.stop();
});

async function clock(): Promise<Date> {
  const [row] = await sql<{ now: Date }[]>`select engine.clock() as now`;
  return present(row, "time").now;
}

async function nextSlot(): Promise<Date | undefined> {
  const [row] = await sql<{ at: Date }[]>`select min(next_slot) as at from public.racing_api_limits`;
  return row?.at;
}

Deno.test("MovedTime and the engine tell the same time, which goes on by itself", async () => {
  const time = new MovedTime(new Date("2026-10-19T08:00:00Z"));
  await time.install(platform.adminUrl);
  const before = time.now();
  const now = await clock();
  assert(before <= now && now <= new Date(time.now().getTime() + 1), `${before} ${now}`);
  assert(before >= new Date("2026-10-19T08:00:00Z") && before < new Date("2026-10-19T09:00:00Z"));
});

Deno.test("MovedTime goes forward, never back, and to its beginning when it is reset", async () => {
  const time = new MovedTime();
  await time.install(platform.adminUrl);
  const minute = await time.toNextMinute(sql, "stay");
  assertEquals(minute.getTime() % 60_000, 0);
  assert(await clock() >= minute && time.now() >= minute);
  await time.moveBy(sql, 3 * 3_600_000, "stay");
  const { minutes } = time;
  assert(minutes >= 180 && minutes <= 181);
  await time.moveTo(sql, minute, "stay");
  assertEquals(time.minutes, minutes);
  await time.reset(sql);
  assertEquals(time.minutes, 0);
  assert(await clock() < new Date(minute.getTime() + 3_600_000));
});

Deno.test("MovedTime lets the API's slots stay, or moves them along", async () => {
  const time = new MovedTime();
  await time.install(platform.adminUrl);
  await sql`update public.racing_api_limits set next_slot = '2026-06-15T11:00:00Z'`;
  await time.moveBy(sql, 60_000, "stay");
  assertEquals(await nextSlot(), new Date("2026-06-15T11:00:00Z"));
  await time.moveBy(sql, 60_000, "move along");
  assertEquals(await nextSlot(), new Date("2026-06-15T11:01:00Z"));
  await freeSlots(sql);
});

Deno.test("MovedTime does what belongs to a step in its transaction: when that fails, no time has passed", async () => {
  const time = new MovedTime();
  await time.install(platform.adminUrl);
  const failing = () => time.moveBy(sql, 60_000, "stay", () => Promise.reject(new Error("not now")));
  assertEquals(await failing().catch(({ message }) => message), "not now");
  assertEquals(time.minutes, 0);
  assertEquals(await time.moveBy(sql, 60_000, "stay", () => Promise.resolve("done")), "done");
  assertEquals(time.minutes, 1);
});

Deno.test("StandingTime stands still until it is moved", async () => {
  const time = new StandingTime(sql);
  await time.install();
  await time.set("2026-06-15T11:00:00Z");
  assertEquals([await clock(), await clock()], Array(2).fill(new Date("2026-06-15T11:00:00Z")));
  await time.pass("90 seconds");
  assertEquals(await clock(), new Date("2026-06-15T11:01:30Z"));
});
