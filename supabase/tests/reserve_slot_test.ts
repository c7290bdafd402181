import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { freeSlots } from "../../scripts/lab/world/slots.ts";
import { until } from "../../scripts/lab/test_support/until.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await setRates({}, 0.1);
});

/** Calls a second of an endpoint or of the account, where they are not the documented ones. */
type Rates = Record<string, number>;
async function setRates(rates: Rates, headroom: number): Promise<void> {
  await db.sql`
    update racing_api_limits
    set
      calls_per_second = coalesce((${
    db.sql.json(rates)
  }::jsonb ->> endpoint)::numeric, documented_calls_per_second),
      headroom = ${headroom}
  `;
  await freeSlots(db.sql);
}

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

Deno.test("reserve_slot() does not save up slots while idle", async () => {
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
  await setRates({ account: 1 }, 0);
  assertEquals([await reserve("/results"), await reserve("/courses"), await reserve("/racecards/pro")], [
    0,
    1000,
    2000,
  ]);
});

Deno.test("push_back_slots() delays all slots of an endpoint, and of no other", async () => {
  await db.worker`select push_back_slots('/results', 30)`;
  assertEquals(await reserve("/results"), 30_000);
  assertEquals(await reserve("/courses"), 0);
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

/** A slot: whose it is, and when in milliseconds. */
interface Slot {
  readonly endpoint: string;
  readonly at: number;
}

/** Reserves a slot at a moment, in milliseconds from the start. */
async function reserveAt(endpoint: string, moment: number): Promise<Slot> {
  await db.setTime("2026-06-15T11:00:00Z");
  await db.passTime(`${moment * 1000} microseconds`);
  return { endpoint, at: moment + await reserve(endpoint) };
}

/** The most calls in any window of a second. Waits are rounded up to milliseconds, so it is one shorter. */
function mostInASecond(slots: readonly Slot[]): number {
  const times = slots.map(({ at }) => at).toSorted((a, b) => a - b);
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 999).length));
}

/**
 * Simulates callers, so many of each endpoint, that ask again as soon as their slot comes, for so many milliseconds.
 */
async function drain(askers: readonly string[], until: number): Promise<Slot[]> {
  const waiting: Slot[] = askers.map((endpoint) => ({ endpoint, at: 0 }));
  const slots: Slot[] = [];
  for (;;) {
    waiting.sort((a, b) => a.at - b.at);
    const next = waiting.shift()!;
    if (next.at >= until) return slots;
    const slot = await reserveAt(next.endpoint, next.at);
    slots.push(slot);
    waiting.push(slot);
  }
}

const of = (endpoint: string, slots: readonly Slot[]) => slots.filter((slot) => slot.endpoint === endpoint);
const ENDPOINTS = ["/results", "/racecards/pro", "/courses"];

Deno.test("no window of a second has more calls than an endpoint or the account allows", async () => {
  const rate = fc.integer({ min: 1, max: 6 });
  const calls = fc.array(
    fc.record({ endpoint: fc.constantFrom(...ENDPOINTS), pause: fc.constantFrom(0, 0, 0, 40, 250, 700) }),
    { minLength: 10, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(rate, rate, rate, rate, fc.constantFrom(0, 0.1, 0.25), calls, async (
      account,
      results,
      cards,
      courses,
      headroom,
      sequence,
    ) => {
      const rates: Rates = { account, "/results": results, "/racecards/pro": cards, "/courses": courses };
      await setRates(rates, headroom);
      const slots: Slot[] = [];
      let moment = 0;
      for (const { endpoint, pause } of sequence) {
        moment += pause;
        slots.push(await reserveAt(endpoint, moment));
      }
      assert(mostInASecond(slots) <= account, `the account: ${mostInASecond(slots)} of ${account}`);
      for (const endpoint of ENDPOINTS) {
        const own = of(endpoint, slots);
        assert(mostInASecond(own) <= rates[endpoint]!, `${endpoint}: ${mostInASecond(own)}`);
        const apart = 1000 / (rates[endpoint]! * (1 - headroom));
        own.slice(1).forEach(({ at }, n) => {
          assert(at - own[n]!.at > apart - 1, `${endpoint}: ${at - own[n]!.at} ms apart instead of ${apart}`);
        });
      }
    }),
    { numRuns: 40, seed: 12 },
  );
});

Deno.test("a card that waited for its endpoint counts in the account's second when its time comes", async () => {
  await setRates({ account: 5 }, 0.1);
  const slots: Slot[] = [];
  for (let card = 0; card < 3; card++) slots.push(await reserveAt("/racecards/pro", 0));
  for (let result = 0; result < 6; result++) slots.push(await reserveAt("/results", 667));
  assertEquals(mostInASecond(slots), 5);
});

Deno.test("results keep their own rate while many cards wait for theirs", async () => {
  const slots = await drain([...Array(4).fill("/racecards/pro"), "/results"], 20_000);
  // Five a second less a tenth, and the cards lose nothing either: two a second less a tenth.
  const within = (endpoint: string) => of(endpoint, slots).filter(({ at }) => at < 20_000).length;
  assertEquals([within("/results"), within("/racecards/pro")], [90, 36]);
  assert(mostInASecond(slots) <= 10);
});

Deno.test("when the account binds, three feeds together use its whole rate, never more, and none of them starves", async () => {
  await setRates({ account: 5 }, 0.1);
  // More cards and courses wait than their endpoints let through, so that their slots are known long before.
  const askers = ["/results", "/results", ...Array(3).fill("/racecards/pro"), "/courses", "/courses"];
  const slots = (await drain(askers, 20_000)).filter(({ at }) => at < 20_000);
  assertEquals(mostInASecond(slots), 5);
  // Five a second less a tenth.
  assert(slots.length >= 88, `${slots.length} calls in 20 s`);
  const counts = ENDPOINTS.map((endpoint) => of(endpoint, slots).length);
  assert(counts.every((count) => count >= 10), counts.join());
});

Deno.test("a slot that is pushed back an hour keeps the account's other slots free", async () => {
  await setRates({ account: 1 }, 0);
  await db.worker`select push_back_slots('/results', 3600)`;
  assertEquals(await reserve("/results"), 3_600_000);
  assertEquals([await reserve("/courses"), await reserve("/racecards/pro")], [0, 1000]);
});

Deno.test("a caller that waited for the row lock gets a slot from when it was free, not from before", async () => {
  let waiting: Promise<number> | undefined;
  await db.sql.begin(async (holder) => {
    await holder`select from racing_api_limits where endpoint = '/results' for no key update`;
    waiting = reserve("/results");
    const isBlocked = async () =>
      (await db.admin`
        select from pg_stat_activity where wait_event_type = 'Lock' and query like '%reserve_slot%'
      `).length > 0;
    await until(isBlocked, "the caller to wait for the row");
    await db.passTime("2 seconds");
  });
  assertEquals(await waiting, 0);
  // The next one is an interval after that moment.
  assertEquals(await reserve("/results"), 223);
});
