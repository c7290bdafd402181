import { assertEquals, assertRejects } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

async function reserve(endpoint: string): Promise<number> {
  const [row] = await db.worker<{ wait: number }[]>`select reserve_slot(${endpoint}) as wait`;
  return row?.wait ?? NaN;
}

Deno.test("reserve_slot() gives the first slot at once and spaces the next evenly, with headroom", async () => {
  // Two calls a second, a tenth left unused: one every 556 ms.
  assertEquals([
    await reserve("/racecards/pro"),
    await reserve("/racecards/pro"),
    await reserve("/racecards/pro"),
  ], [
    0,
    556,
    1112,
  ]);
});

Deno.test("reserve_slot() saves up no slots while idle", async () => {
  await reserve("/racecards/pro");
  await db.passTime("1 hour");
  assertEquals([await reserve("/racecards/pro"), await reserve("/racecards/pro")], [0, 556]);
});

Deno.test("no two of many simultaneous callers get the same slot, and no slot is skipped", async () => {
  const waits = await Promise.all(Array.from({ length: 20 }, () => reserve("/results")));
  // Five a second less a tenth: one every 222.2 ms.
  const expected = Array.from({ length: 20 }, (_, n) => n * 1000 / 4.5);
  waits.toSorted((a, b) => a - b).forEach((wait, n) => {
    const late = wait - expected[n]!;
    if (late < 0 || late > 1.01) throw new Error(`Slot ${n} is at ${wait} ms instead of ${expected[n]} ms`);
  });
});

Deno.test("all endpoints together keep the account's rate", async () => {
  await db.sql`update racing_api_limits set calls_per_second = 1, headroom = 0 where endpoint = 'account'`;
  assertEquals([await reserve("/results"), await reserve("/courses"), await reserve("/racecards/pro")], [
    0,
    1000,
    2000,
  ]);
  await db.sql`update racing_api_limits set calls_per_second = 10, headroom = 0.1 where endpoint = 'account'`;
});

Deno.test("push_back_slots() holds an endpoint up for everybody, and no other", async () => {
  await db.worker`select push_back_slots('/results', 30)`;
  assertEquals(await reserve("/results"), 30_000);
  assertEquals(await reserve("/courses"), 112);
});

Deno.test("push_back_slots() never brings a slot forward", async () => {
  await db.worker`select push_back_slots('/results', 30)`;
  await db.worker`select push_back_slots('/results', -5)`;
  assertEquals(await reserve("/results"), 30_000);
});

Deno.test("reserve_slot() refuses an endpoint without a limit", async () => {
  await assertRejects(() => reserve("/odds"), Error, 'There is no rate limit for the endpoint "/odds"');
  await assertRejects(() => reserve("account"), Error, "There is no rate limit");
});

Deno.test("an endpoint held up by the account keeps its own spacing afterwards", async () => {
  const waits = [await reserve("/results"), await reserve("/results")];
  for (let call = 0; call < 4; call++) waits.push(await reserve("/racecards/pro"));
  const cards = waits.slice(2);
  cards.slice(1).forEach((wait, n) => {
    const gap = wait - cards[n]!;
    if (gap < 555) throw new Error(`Two cards are ${gap} ms apart: ${cards}`);
  });
});
