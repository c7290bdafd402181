import { assertEquals } from "@std/assert";
import type { JSONValue } from "postgres";
import { chunkRow, claim, claimed, finish, ingest, type Lease, start } from "./support/chunks.ts";
import { cardRace, page, resultRace } from "./support/pages.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

type Row = Record<string, JSONValue>;

/** Results of the first of June with these ids. */
const races = (...ids: string[]) => ids.map((id) => resultRace(id));

function reject(id: string | null, columns: Row = {}): Row {
  return {
    kind: "race",
    race_id: id,
    horse_id: null,
    race_date: "2026-06-01",
    path: "course_id",
    reason: "No course",
    raw: { race_id: id },
    ...columns,
  };
}

/** Stores a page of results from one row to another. */
const read = (lease: Lease, [from, to]: [number, number], total: number, parts: Row) =>
  ingest(db.worker, lease, page({ before: [null, from], after: [null, to] }, { api_total: total, ...parts }));

const putBack = (lease: Lease) => db.worker`select yield_chunk(${lease.chunk_id}, ${lease.lease_token}, 0)`;

const setRegions = (...regions: string[]) => db.sql`update backfill_settings set regions = ${regions}`;

async function pulledAt(feed = "results"): Promise<string[]> {
  const rows = await db.sql<{ words: string }[]>`
    select concat_ws(' ', day, to_char(pulled_at at time zone 'UTC', 'MM-DD HH24:MI')) as words
    from ra_coverage where feed = ${feed} order by day
  `;
  return rows.map(({ words }) => words);
}

async function plannedDays(reprocess = "missing", feed = "results"): Promise<number> {
  const [row] = await db.sql<{ days: number }[]>`
    select coalesce(sum(period_end - period_start), 0)::integer as days
    from engine.plan_chunks('2026-06-01', '2026-06-03', ${feed}, ${reprocess})
  `;
  return row?.days ?? NaN;
}

const gaps = async () =>
  (await db.sql`select day::text, kind, missing from coverage_gaps order by day`).map((gap) => ({ ...gap }));

Deno.test("a period that was read with a break is as old as its first page, and pulled once more", async () => {
  await db.reset("2026-06-03T14:00:00Z");
  const run = await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  await read(await claimed(db.worker, "results"), [0, 1], 2, { races: races("rac_1") });
  await db.sql`update backfill_progress set state = 'waiting', lease_token = null, lease_until = null`;
  await db.sql`select backfill_pause(${run})`;
  await db.passTime("12 days");
  await db.sql`select backfill_resume(${run})`;
  const lease = await claimed(db.worker, "results");
  assertEquals(lease.cursor_skip, 1);
  await read(lease, [1, 2], 2, { races: races("rac_2") });
  assertEquals(await finish(db.worker, lease), "succeeded");
  assertEquals(await pulledAt(), ["2026-06-01 06-03 14:00"]);
  assertEquals((await gaps()).map((gap) => gap["missing"]), [
    "pulled before late ratings and corrections were in",
  ]);
});

Deno.test("a period that is read again from its start is as new as that", async () => {
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  const short = await claimed(db.worker, "results");
  await read(short, [0, 2], 2, { races: races("rac_1") });
  assertEquals(await finish(db.worker, short), "waiting");
  await db.passTime("2 minutes");
  const again = await claimed(db.worker, "results");
  await read(again, [0, 2], 2, { races: races("rac_1", "rac_2") });
  await db.passTime("5 minutes");
  assertEquals(await finish(db.worker, again), "succeeded");
  assertEquals(await pulledAt(), ["2026-06-01 06-15 11:02"]);
});

Deno.test("a card day of two pages is as old as its first, and the day after it as its own", async () => {
  await start(db.sql, "2026-06-01", "2026-06-02", { feeds: ["racecards"] });
  const lease = await claimed(db.worker, "racecards");
  const cards = (id: string) => ({ races: [cardRace(id)], api_total: 2 });
  await ingest(
    db.worker,
    lease,
    page({ before: ["2026-06-01", 0], after: ["2026-06-01", 1] }, cards("rac_1")),
  );
  await putBack(lease);
  await db.passTime("3 days");
  const again = await claimed(db.worker, "racecards");
  await ingest(
    db.worker,
    again,
    page({ before: ["2026-06-01", 1], after: ["2026-06-02", 0] }, cards("rac_2")),
  );
  await ingest(db.worker, again, page({ before: ["2026-06-02", 0], after: ["2026-06-03", 0] }));
  assertEquals(await finish(db.worker, again), "succeeded");
  assertEquals(await pulledAt("racecards"), ["2026-06-01 06-15 11:00", "2026-06-02 06-18 11:00"]);
});

Deno.test("masters whose second list came days after the first are as old as the first", async () => {
  await db.reset("2026-06-30T12:00:00Z");
  await db.sql`select start_schedules()`;
  await db.setTime("2026-06-30T13:00:00Z");
  await start(db.sql, "2026-06-30", "2026-06-30", { feeds: ["masters"] });
  const regions = { regions: [{ code: "gb", name: "Great Britain" }] };
  const lease = await claimed(db.worker, "masters");
  await ingest(db.worker, lease, page({ before: [null, 0], after: [null, 1] }, regions));
  await putBack(lease);
  await db.passTime("2 days");
  const again = await claimed(db.worker, "masters");
  await ingest(db.worker, again, page({ before: [null, 1], after: [null, 2] }));
  assertEquals(await finish(db.worker, again), "succeeded");
  const [fresh] = await db.sql`select state, last_pulled_at from data_freshness where feed = 'masters'`;
  assertEquals({ ...fresh }, { state: "late", last_pulled_at: new Date("2026-06-30T13:00:00Z") });
  await db.sql`select stop_schedules()`;
});

Deno.test("a second pull that brings no row is short, even if the first stored rows", async () => {
  for (const feed of ["results", "racecards"] as const) {
    await db.reset();
    const bring = async (lease: Lease, ...pages: string[][]) => {
      for (const [nth, ids] of pages.entries()) {
        const isLast = nth === pages.length - 1;
        await ingest(
          db.worker,
          lease,
          feed === "results"
            ? page({ before: [null, nth], after: [null, isLast ? 2 : nth + 1] }, {
              api_total: 2,
              races: races(...ids),
            })
            : page({
              before: ["2026-06-01", nth],
              after: isLast ? ["2026-06-02", 0] : ["2026-06-01", nth + 1],
            }, {
              api_total: 2,
              races: ids.map((id) => cardRace(id)),
            }),
        );
      }
    };
    const pull = () => start(db.sql, "2026-06-01", "2026-06-01", { feeds: [feed], reprocess: "all" });
    await pull();
    const first = await claimed(db.worker, feed);
    await bring(first, ["rac_1", "rac_2"]);
    assertEquals(await finish(db.worker, first), "succeeded");
    const before = await pulledAt(feed);
    await db.passTime("1 day");
    await pull();
    // One that comes twice, on the edge of two pages, hides another as well as an empty page does.
    for (const [nth, pages] of [[[]], [["rac_1"]], [["rac_1"], ["rac_1"]], [["rac_2"]]].entries()) {
      const lease = await claimed(db.worker, feed);
      await bring(lease, ...pages);
      assertEquals(await finish(db.worker, lease), nth < 3 ? "waiting" : "dead", `${feed} ${nth}`);
      await db.passTime("2 minutes");
    }
    assertEquals(await pulledAt(feed), before);
    await db.sql`select backfill_retry(2)`;
    const whole = await claimed(db.worker, feed);
    await bring(whole, ["rac_1"], ["rac_2"]);
    assertEquals(await finish(db.worker, whole), "succeeded");
  }
});

Deno.test("a race that comes on two pages counts once, and a reject counts like a race", async () => {
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  const short = await claimed(db.worker, "results");
  await read(short, [0, 2], 4, { races: races("rac_1", "rac_2") });
  await read(short, [2, 4], 4, { races: races("rac_2", "rac_3") });
  assertEquals(await finish(db.worker, short), "waiting");
  assertEquals((await chunkRow(db.sql, short.chunk_id)).last_error, "The API has 4 races and sent 3 of them");
  await db.passTime("2 minutes");
  const whole = await claimed(db.worker, "results");
  await read(whole, [0, 2], 4, { races: races("rac_1", "rac_2") });
  await putBack(whole);
  const rest = await claimed(db.worker, "results");
  await read(rest, [2, 4], 4, { races: races("rac_3"), rejects: [reject(null)] });
  assertEquals(await finish(db.worker, rest), "succeeded");
  assertEquals((await db.sql`select from engine.pages_read`).length, 0);
});

Deno.test("a race that a list holds twice, over the end of a page, counts as often as it came once it does so again", async () => {
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  for (const state of ["waiting", "succeeded"]) {
    const lease = await claimed(db.worker, "results");
    await read(lease, [0, 3], 5, { races: races("rac_1", "rac_2"), copies: ["rac_1"] });
    await read(lease, [3, 5], 5, { races: races("rac_2", "rac_3") });
    assertEquals(await finish(db.worker, lease), state);
    await db.passTime("2 minutes");
  }
  assertEquals([await gaps(), (await db.sql`select from ra_races`).length], [[], 3]);
  assertEquals((await db.sql`select from engine.copies_read`).length, 0);
});

Deno.test("a day of cards with a race over the end of a page twice is complete once it comes so again", async () => {
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["racecards"] });
  for (const state of ["waiting", "succeeded"]) {
    const lease = await claimed(db.worker, "racecards");
    const cards = [
      [0, "2026-06-01", 2, { races: [cardRace("rac_1"), cardRace("rac_2")] }],
      [2, "2026-06-02", 0, { races: [cardRace("rac_2")], left_out: ["rac_3"] }],
    ] as const;
    for (const [skip, day, next, parts] of cards) {
      const cursor = { before: ["2026-06-01", skip], after: [day, next] } as const;
      await ingest(db.worker, lease, page(cursor, { api_total: 4, ...parts }));
    }
    assertEquals(await finish(db.worker, lease), state);
    await db.passTime("2 minutes");
  }
  const [covered] = await db.sql`select races_in_api, races_stored, races_rejected from ra_coverage`;
  assertEquals({ ...covered }, { races_in_api: 2, races_stored: 2, races_rejected: 0 });
  assertEquals(await gaps(), []);
});

Deno.test("each reading that starts again asks for fewer rows at once, so that its pages end elsewhere", async () => {
  const limits = { results: [100, 94, 99, 93, 100], racecards: [500, 494, 499, 493, 500] };
  for (const feed of ["results", "racecards"] as const) {
    await db.reset();
    const run = await start(db.sql, "2026-06-01", "2026-06-01", { feeds: [feed] });
    const asked: number[] = [];
    for (let reading = 1; reading <= 5; reading++) {
      if (reading === 5) await db.sql`select backfill_retry(${run})`;
      const [lease] = await db.worker<(Lease & { page_limit: number })[]>`select * from claim_chunk(${feed})`;
      asked.push(lease!.page_limit);
      const cursor = feed === "results"
        ? { before: [null, 0], after: [null, 2] } as const
        : { before: ["2026-06-01", 0], after: ["2026-06-02", 0] } as const;
      await ingest(db.worker, lease!, page(cursor, { api_total: 2 }));
      await finish(db.worker, lease!);
      await db.passTime("2 minutes");
    }
    assertEquals(asked, limits[feed]);
  }
});

Deno.test("a race that came twice on a page, and on two at the next reading, is one of the list's own copies", async () => {
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  const short = await claimed(db.worker, "results");
  await read(short, [0, 3], 4, { races: races("rac_1", "rac_2"), copies: ["rac_2"] });
  await read(short, [3, 4], 4, {});
  assertEquals(await finish(db.worker, short), "waiting");
  await db.passTime("2 minutes");
  const whole = await claimed(db.worker, "results");
  await read(whole, [0, 2], 4, { races: races("rac_1", "rac_2") });
  await read(whole, [2, 4], 4, { races: races("rac_2", "rac_3") });
  assertEquals(await finish(db.worker, whole), "succeeded");
});

Deno.test("a race on two pages is none of the list's own copies while the API's total moves, however often it is read", async () => {
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  for (let reading = 1; reading <= 2; reading++) {
    const lease = await claimed(db.worker, "results");
    await read(lease, [0, 2], 3, { races: races("rac_1", "rac_2") });
    // A new race in front of the first one has moved all others.
    await read(lease, [2, 4], 4, { races: races("rac_2", "rac_3") });
    assertEquals(await finish(db.worker, lease), "waiting");
    await db.passTime("2 minutes");
  }
});

Deno.test("a total that falls moves as well: a race on two pages then counts once, however often it is read", async () => {
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  for (let reading = 1; reading <= 2; reading++) {
    const lease = await claimed(db.worker, "results");
    await read(lease, [0, 2], 4, { races: races("rac_1", "rac_2") });
    await read(lease, [2, 4], 3, { races: races("rac_2", "rac_3") });
    assertEquals(await finish(db.worker, lease), "waiting");
    await db.passTime("2 minutes");
  }
});

Deno.test("a total that falls while the pages are read is not reached by races that are gone", async () => {
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  const lease = await claimed(db.worker, "results");
  await read(lease, [0, 2], 4, { races: races("rac_1", "rac_2") });
  // The API has dropped the first one, so that the third is now among the first two.
  await read(lease, [2, 3], 3, { races: races("rac_4") });
  assertEquals(await finish(db.worker, lease), "waiting");
});

Deno.test("a cancelled run leaves no list of what it read", async () => {
  const run = await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  const lease = await claimed(db.worker, "results");
  await read(lease, [0, 1], 2, { races: races("rac_1") });
  assertEquals((await db.sql`select from engine.pages_read`).length, 1);
  await db.sql`select backfill_cancel(${run})`;
  assertEquals((await db.sql`select from engine.pages_read`).length, 0);
});

Deno.test("a reject of an earlier pull that this one does not meet makes no day incomplete", async () => {
  for (const parts of [{ races: races("rac_1"), rejects: [reject("rac_2")] }, { races: races("rac_1") }]) {
    await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"], reprocess: "all" });
    const lease = await claimed(db.worker, "results");
    const total = "rejects" in parts ? 2 : 1;
    await read(lease, [0, total], total, parts);
    assertEquals(await finish(db.worker, lease), "succeeded");
    await db.passTime("1 hour");
  }
  assertEquals(await gaps(), []);
});

/** Pulls the results of the first three days of June: two races, both on the first. */
async function pullThreeDays(): Promise<void> {
  await start(db.sql, "2026-06-01", "2026-06-03", { feeds: ["results"], reprocess: "all" });
  const lease = await claimed(db.worker, "results");
  await read(lease, [0, 2], 2, { races: races("rac_1", "rac_2") });
  assertEquals(await finish(db.worker, lease), "succeeded");
}

Deno.test("wider regions make covered days missing, narrower ones don't", async () => {
  await pullThreeDays();
  assertEquals([await plannedDays(), (await gaps()).length], [0, 0]);
  await setRegions("gb", "ire", "fr");
  assertEquals(await plannedDays(), 3);
  assertEquals((await gaps())[0], {
    day: "2026-06-01",
    kind: "never_pulled",
    missing: "never pulled for the region fr",
  });
  assertEquals((await gaps()).length, 3);
  await pullThreeDays();
  assertEquals([await plannedDays(), (await gaps()).length], [0, 0]);
  await setRegions("ire");
  assertEquals([await plannedDays(), (await gaps()).length], [0, 0]);
  await pullThreeDays();
  await setRegions("ire", "gb");
  assertEquals(await plannedDays(), 3, "it was asked for one region since");
});

Deno.test("a period of results that is half read keeps its regions, and the next one has the new ones", async () => {
  const regionsOf = async (lease: Lease) =>
    (await db.sql`select regions from backfill_progress where id = ${lease.chunk_id}`)[0]?.["regions"];
  await start(db.sql, "2026-06-01", "2026-06-03", { feeds: ["results"] });
  const lease = await claimed(db.worker, "results");
  await read(lease, [0, 1], 2, { races: races("rac_1") });
  await setRegions("gb", "ire", "fr");
  await putBack(lease);
  const [answer] = await db.worker`
    select chunk_id, lease_token, regions, cursor_skip from claim_chunk('results')
  `;
  assertEquals([answer?.["regions"], answer?.["cursor_skip"]], [["gb", "ire"], 1]);
  const rest = { ...lease, lease_token: answer?.["lease_token"] };
  await read(rest, [1, 2], 2, { races: races("rac_2") });
  assertEquals(await finish(db.worker, rest), "succeeded");
  const [day] = await db.sql`select regions from ra_coverage where day = '2026-06-01'`;
  assertEquals(day?.["regions"], ["gb", "ire"]);
  assertEquals(await plannedDays(), 3);

  await start(db.sql, "2026-06-01", "2026-06-03", { feeds: ["results"] });
  assertEquals(await regionsOf(await claimed(db.worker, "results")), ["gb", "ire", "fr"]);
});

Deno.test("a change of regions holds for card days from the next claim on; a day that is half read keeps its own", async () => {
  const cards = (before: [string, number], after: [string, number], id: string, total: number) =>
    page({ before, after }, {
      api_total: total,
      races: [cardRace(id, { race_date: before[0] })],
    });
  await start(db.sql, "2026-06-01", "2026-06-04", { feeds: ["racecards"] });
  const first = await claimed(db.worker, "racecards");
  await ingest(db.worker, first, cards(["2026-06-01", 0], ["2026-06-02", 0], "rac_1", 1));
  await setRegions("gb", "ire", "fr");
  // The claim is the old one still.
  await ingest(db.worker, first, cards(["2026-06-02", 0], ["2026-06-03", 0], "rac_2", 1));
  await putBack(first);
  const second = await claimed(db.worker, "racecards");
  await ingest(db.worker, second, cards(["2026-06-03", 0], ["2026-06-03", 1], "rac_3", 2));
  await setRegions("gb", "ire", "fr", "usa");
  await putBack(second);
  const third = await claimed(db.worker, "racecards");
  await ingest(db.worker, third, cards(["2026-06-03", 1], ["2026-06-04", 0], "rac_4", 2));
  await putBack(third);
  const fourth = await claimed(db.worker, "racecards");
  await ingest(db.worker, fourth, cards(["2026-06-04", 0], ["2026-06-05", 0], "rac_5", 1));
  assertEquals(await finish(db.worker, fourth), "succeeded");
  assertEquals((await gaps()).map((gap) => [gap["day"], gap["missing"]]), [
    ["2026-06-01", "never pulled for the region fr, usa"],
    ["2026-06-02", "never pulled for the region fr, usa"],
    ["2026-06-03", "never pulled for the region usa"],
  ]);
});

Deno.test("a page of which no race is understood moves nothing, and a retry reads it again", async () => {
  const run = await start(db.sql, "2026-06-01", "2026-06-03", { feeds: ["results"] });
  const broken = { rejects: ["1", "2", "3", "4", "5"].map((n) => reject(`rac_${n}`)) };
  const die = async () => {
    const lease = await claimed(db.worker, "results");
    assertEquals([lease.cursor_skip, lease.api_total], [0, null]);
    const answer = await read(lease, [0, 5], 5, broken);
    assertEquals(answer.understood, false);
    await db
      .worker`select fail_chunk(${lease.chunk_id}, ${lease.lease_token}, 'chunk', 'None of the 5 races')`;
  };
  await die();
  assertEquals((await db.sql`select from ingest_rejects`).length, 5);
  await db.sql`select backfill_retry(${run})`;
  await die();
  const [status] = await db.sql`select state from backfill_status`;
  assertEquals(status?.["state"], "completed_with_failures");
  assertEquals([await plannedDays("failed"), await plannedDays("missing")], [3, 3]);
  assertEquals((await db.sql`select from ra_coverage`).length, 0);

  // Once the code can read them.
  await db.sql`select backfill_retry(${run})`;
  const lease = await claimed(db.worker, "results");
  await read(lease, [0, 5], 5, { races: races("rac_1", "rac_2", "rac_3", "rac_4", "rac_5") });
  assertEquals(await finish(db.worker, lease), "succeeded");
  assertEquals([await plannedDays("failed"), await plannedDays("missing")], [0, 0]);
});

Deno.test("an invocation that falls silent after such a page leaves it to be read again, not passed", async () => {
  await start(db.sql, "2026-06-01", "2026-06-02", { feeds: ["racecards"] });
  for (let nth = 1; nth <= 10; nth++) {
    const lease = await claimed(db.worker, "racecards");
    assertEquals(lease.cursor_day, "2026-06-01");
    await ingest(
      db.worker,
      lease,
      page({ before: ["2026-06-01", 0], after: ["2026-06-02", 0] }, {
        api_total: 1,
        rejects: [reject("rac_1")],
      }),
    );
    await db.passTime("91 seconds");
    await db.sql`select engine.expire_leases()`;
  }
  assertEquals(await claim(db.worker, "racecards"), undefined);
  assertEquals((await chunkRow(db.sql, "1")).state, "dead");
});

Deno.test("the days around one that cannot be read come by the closing of gaps, and only that one stays", async () => {
  await start(db.sql, "2026-06-01", "2026-06-03", { feeds: ["racecards"] });
  const days = ["2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04"];
  /** Works on all waiting chunks, against an API whose second of June is unreadable. */
  const work = async () => {
    for (
      let lease = await claim(db.worker, "racecards");
      lease;
      lease = await claim(db.worker, "racecards")
    ) {
      let day = lease.cursor_day ?? "";
      while (day < lease.period_end) {
        const next = days[days.indexOf(day) + 1] ?? "";
        const parts = day === "2026-06-02" ? { rejects: [reject("rac_2", { race_date: day })] } : {
          races: [cardRace(`rac_${day}`, { race_date: day })],
        };
        const answer = await ingest(
          db.worker,
          lease,
          page({ before: [day, 0], after: [next, 0] }, { api_total: 1, ...parts }),
        );
        if (!answer.understood) break;
        day = next;
      }
      if (day < lease.period_end) {
        await db.worker`select fail_chunk(${lease.chunk_id}, ${lease.lease_token}, 'chunk', 'None of them')`;
      } else await finish(db.worker, lease);
    }
  };
  await work();
  const missing = async () => (await gaps()).map((gap) => gap["day"]);
  assertEquals(await missing(), ["2026-06-02", "2026-06-03"]);
  for (let night = 1; night <= 2; night++) {
    await db.sql`select engine.close_gaps()`;
    await work();
    await db.passTime("1 day");
  }
  assertEquals(await missing(), ["2026-06-02"]);
});

Deno.test("a list of masters of which nothing is understood is not taken for read", async () => {
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["masters"] });
  const lease = await claimed(db.worker, "masters");
  const regions = { regions: [{ code: "gb", name: "Great Britain" }], courses: [] };
  await ingest(db.worker, lease, page({ before: [null, 0], after: [null, 1] }, regions));
  const answer = await ingest(
    db.worker,
    lease,
    page({ before: [null, 1], after: [null, 2] }, {
      courses: [],
      rejects: [reject(null, { kind: "course", race_date: null })],
    }),
  );
  assertEquals(answer.understood, false);
  assertEquals((await chunkRow(db.sql, lease.chunk_id)).cursor_skip, 1);
});

Deno.test("a reading that began earlier and ends later makes no day older that was pulled wholly meanwhile", async () => {
  const all = races("rac_0", "rac_1", "rac_2", "rac_3");
  const run = await start(db.sql, "2026-06-01", "2026-06-02", { feeds: ["results"] });
  const early = await claimed(db.worker, "results");
  await read(early, [0, 2], 4, { races: all.slice(0, 2) });
  await putBack(early);
  await db.sql`select backfill_pause(${run})`;
  await db.passTime("7 days");
  await setRegions("gb", "ire", "fr");
  await db.sql`select pull_days('2026-06-01', '2026-06-02', array['results'])`;
  const later = await claimed(db.worker, "results");
  await read(later, [0, 4], 4, { races: all });
  assertEquals(await finish(db.worker, later), "succeeded");
  const covered = async () => [...await db.sql`select day, pulled_at, regions from ra_coverage order by day`];
  const before = await covered();

  await db.sql`select backfill_resume(${run})`;
  await read(await claimed(db.worker, "results"), [2, 4], 4, { races: all.slice(2) });
  const [chunk] = await db.sql<{ lease_token: string }[]>`
    select lease_token from backfill_progress where id = ${early.chunk_id}
  `;
  assertEquals(await finish(db.worker, { ...early, lease_token: chunk?.lease_token ?? "" }), "succeeded");
  assertEquals(await covered(), before);
});

Deno.test("a rejected result that says no day leaves each day of its period to be pulled alone", async () => {
  await start(db.sql, "2026-06-01", "2026-06-03", { feeds: ["results"] });
  const lease = await claimed(db.worker, "results");
  await read(lease, [0, 2], 2, { races: races("rac_1"), rejects: [reject("rac_2", { race_date: null })] });
  assertEquals(await finish(db.worker, lease), "succeeded");
  const missing = await db.sql<{ day: string }[]>`
    select day::text from engine.known_days where feed = 'results' and not is_covered order by day
  `;
  assertEquals(missing.map(({ day }) => day), ["2026-06-01", "2026-06-02", "2026-06-03"]);
});

Deno.test("a race that is left out counts as come, and its day is complete without it", async () => {
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["racecards"] });
  const lease = await claimed(db.worker, "racecards");
  const parts = {
    api_total: 4,
    races: [cardRace("rac_1")],
    rejects: [reject("rac_2")],
    // Of a region that was not asked for, and a second copy of the first.
    left_out: ["rac_3"],
    copies: ["rac_1"],
  };
  await ingest(db.worker, lease, page({ before: ["2026-06-01", 0], after: ["2026-06-02", 0] }, parts));
  assertEquals(await finish(db.worker, lease), "succeeded");
  const [covered] = await db.sql`select races_in_api, races_stored, races_rejected from ra_coverage`;
  assertEquals({ ...covered }, { races_in_api: 2, races_stored: 1, races_rejected: 1 });
  assertEquals((await db.sql`select from ra_races`).length, 1);
});

Deno.test("races that are left out make a period of results no shorter", async () => {
  await db.reset("2026-06-03T14:00:00Z");
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  const lease = await claimed(db.worker, "results");
  await read(lease, [0, 2], 4, { races: races("rac_1"), left_out: ["rac_2"] });
  await read(lease, [2, 4], 4, { races: races("rac_3"), copies: ["rac_3"] });
  assertEquals(await finish(db.worker, lease), "succeeded");
  // The two days after it were never asked for.
  assertEquals([await plannedDays(), await gaps()], [2, []]);
});
