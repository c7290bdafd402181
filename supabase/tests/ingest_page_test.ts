import { assertEquals, assertRejects } from "@std/assert";
import type { JSONValue } from "postgres";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { chunkRow, claimed, finish, ingest, type Lease, start } from "./support/chunks.ts";
import { cardRace, cardRunner, horse, page, resultRace, resultRunner } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

type Parts = Record<string, JSONValue>;

/**
 * A lease on the cards or results of June, whose pages all start and end at the same cursor: the same page may come
 * again.
 */
async function lease(feed: "racecards" | "results"): Promise<Lease> {
  await start(db.sql, "2026-06-01", "2026-06-07", { feeds: [feed], reprocess: "all" });
  return await claimed(db.worker, feed);
}

async function bring(feed: "racecards" | "results", parts: Parts): Promise<void> {
  const held = await lease(feed);
  const cursor: [string | null, number] = feed === "racecards" ? ["2026-06-01", 0] : [null, 0];
  await ingest(db.worker, held, page({ before: cursor, after: cursor }, parts));
  await db.sql`select backfill_cancel(${held.run_id})`;
}

const card: Parts = {
  horses: [horse("hrs_1"), horse("hrs_2")],
  races: [cardRace("rac_1")],
  runners: [
    cardRunner("rac_1", "hrs_1", { spotlight: "Likely" }),
    cardRunner("rac_1", "hrs_2", { number: 2 }),
  ],
};
const result: Parts = {
  horses: [horse("hrs_1"), horse("hrs_2")],
  races: [resultRace("rac_1")],
  runners: [
    resultRunner("rac_1", "hrs_1", { sp: "7/2", rpr: 90 }),
    resultRunner("rac_1", "hrs_2", { position: 2, number: 2 }),
  ],
};

/** Everything about races and runners but when the rows were written. */
async function stored(): Promise<unknown> {
  const [digest] = await db.sql`
    select
      (select jsonb_agg(to_jsonb(r) - 'created_at' - 'updated_at' order by r.id) from ra_races as r) as races,
      (select jsonb_agg(to_jsonb(r) - 'created_at' - 'updated_at' order by r.race_id, r.horse_id)
        from ra_runners as r) as runners
  `;
  return digest;
}

Deno.test("ingest_page() stores rows, cursor and lease together", async () => {
  const held = await lease("racecards");
  await db.passTime("60 seconds");
  const answer = await ingest(
    db.worker,
    held,
    page({ before: ["2026-06-01", 0], after: ["2026-06-02", 0] }, { ...card, api_total: 1, api_calls: 3 }),
  );
  assertEquals(answer.lease_until, new Date("2026-06-15T11:02:30Z"));
  assertEquals(answer.go_on, true);
  const chunk = await chunkRow(db.sql, held.chunk_id);
  assertEquals([chunk.cursor_day, chunk.cursor_skip, chunk.pages_done, chunk.api_calls], [
    "2026-06-02",
    0,
    1,
    3,
  ]);
  assertEquals((await db.sql`select from ra_runners`).length, 2);
});

Deno.test("ingest_page() stores nothing of a page of which one row fails", async () => {
  const held = await lease("racecards");
  const before = await chunkRow(db.sql, held.chunk_id);
  const broken = page({ before: ["2026-06-01", 0], after: ["2026-06-02", 0] }, {
    ...card,
    runners: [cardRunner("rac_1", "hrs_unknown")],
  });
  await assertRejects(() => ingest(db.worker, held, broken), Error, "foreign key");
  assertEquals(await chunkRow(db.sql, held.chunk_id), before);
  assertEquals((await db.sql`select from ra_races`).length, 0);
});

Deno.test("the same page again is acknowledged and changes nothing", async () => {
  const held = await lease("racecards");
  const first = page({ before: ["2026-06-01", 0], after: ["2026-06-02", 0] }, { ...card, api_total: 1 });
  await ingest(db.worker, held, first);
  const before = [await stored(), await chunkRow(db.sql, held.chunk_id)];
  await ingest(db.worker, held, first);
  assertEquals([await stored(), await chunkRow(db.sql, held.chunk_id)], before);
});

Deno.test("a page that starts elsewhere than the cursor is refused", async () => {
  const held = await lease("racecards");
  await assertRejects(
    () => ingest(db.worker, held, page({ before: ["2026-06-03", 0], after: ["2026-06-04", 0] }, card)),
    Error,
    "The cursor of chunk 1 stands at (2026-06-01, 0), the page starts at (2026-06-03, 0)",
  );
  assertEquals((await db.sql`select from ra_races`).length, 0);
});

Deno.test("a page that goes in forgives the failed attempts before it", async () => {
  const held = await lease("results");
  await db.worker`select fail_chunk(${held.chunk_id}, ${held.lease_token}, 'transient', 'no answer')`;
  await db.passTime("5 minutes");
  const again = await claimed(db.worker, "results");
  assertEquals((await chunkRow(db.sql, again.chunk_id)).attempts, 1);
  await ingest(db.worker, again, page({ before: [null, 0], after: [null, 100] }, { api_total: 150 }));
  assertEquals((await chunkRow(db.sql, again.chunk_id)).attempts, 0);
});

Deno.test("ingest_page() tells a worker of a paused run to stop, and stores the page all the same", async () => {
  const held = await lease("racecards");
  await db.sql`select backfill_pause(${held.run_id})`;
  const answer = await ingest(
    db.worker,
    held,
    page({ before: ["2026-06-01", 0], after: ["2026-06-02", 0] }, card),
  );
  assertEquals(answer.go_on, false);
  assertEquals((await db.sql`select from ra_races`).length, 1);
});

Deno.test("a card and a result of the same race meet in the same rows, in either order", async () => {
  await bring("racecards", card);
  await bring("results", result);
  const cardFirst = await stored();
  await db.reset();
  await bring("results", result);
  await bring("racecards", card);
  assertEquals(await stored(), cardFirst);

  const [race] = await db.sql`select going, prize_amount, tote_win, has_card, has_result from ra_races`;
  assertEquals({ ...race }, {
    going: "Good To Firm",
    prize_amount: "4606.00",
    tote_win: "£3.25",
    has_card: true,
    has_result: true,
  });
  const [runner] = await db.sql`select spotlight, position, sp, rpr from ra_runners where horse_id = 'hrs_1'`;
  assertEquals({ ...runner }, { spotlight: "Likely", position: 1, sp: "7/2", rpr: 90 });
});

Deno.test("fetching a card again wipes nothing that the result brought", async () => {
  await bring("racecards", card);
  await bring("results", result);
  const before = await stored();
  await bring("racecards", card);
  assertEquals(await stored(), before);
});

Deno.test("a known value is never replaced by a missing one", async () => {
  await bring("results", result);
  const before = await stored();
  await bring("results", {
    ...result,
    races: [resultRace("rac_1", { tote_win: null, going: null })],
    runners: [
      resultRunner("rac_1", "hrs_1", { sp: null, rpr: null }),
      resultRunner("rac_1", "hrs_2", { position: null, number: null }),
    ],
  });
  assertEquals(await stored(), before);
});

Deno.test("a horse that a corrected result leaves out keeps its row and loses its place", async () => {
  await bring("racecards", card);
  await bring("results", result);
  await bring("results", { ...result, runners: [resultRunner("rac_1", "hrs_1", { sp: "7/2", rpr: 90 })] });
  const runners = await db.sql`
    select horse_id, position, has_result, is_non_runner, number from ra_runners order by horse_id
  `;
  assertEquals([...runners], [
    { horse_id: "hrs_1", position: 1, has_result: true, is_non_runner: false, number: 1 },
    { horse_id: "hrs_2", position: null, has_result: false, is_non_runner: true, number: 2 },
  ]);
  await bring("results", result);
  const [again] = await db.sql`select position, is_non_runner from ra_runners where horse_id = 'hrs_2'`;
  assertEquals({ ...again }, { position: 2, is_non_runner: false });
});

Deno.test("a result published in two steps: a horse missing in the first is no non-runner after the second", async () => {
  await bring("racecards", card);
  await bring("results", { ...result, runners: [resultRunner("rac_1", "hrs_1", { sp: "7/2", rpr: 90 })] });
  await bring("results", result);
  const runners = await db.sql`select horse_id, position, is_non_runner from ra_runners order by horse_id`;
  assertEquals([...runners], [
    { horse_id: "hrs_1", position: 1, is_non_runner: false },
    { horse_id: "hrs_2", position: 2, is_non_runner: false },
  ]);
});

Deno.test("a rating that arrives days later is taken", async () => {
  await bring("results", { ...result, runners: [resultRunner("rac_1", "hrs_1", { rpr: null })] });
  await bring("results", { ...result, runners: [resultRunner("rac_1", "hrs_1", { rpr: 101 })] });
  const [runner] = await db.sql`select rpr from ra_runners where horse_id = 'hrs_1'`;
  assertEquals(runner?.["rpr"], 101);
});

Deno.test("a row that brings nothing new is not written: updated_at stays", async () => {
  await bring("racecards", card);
  const times = () =>
    db.sql`
      select updated_at from ra_races union all select updated_at from ra_runners
      union all select updated_at from ra_mst_horses union all select updated_at from ra_mst_courses
    `;
  const before = [...await times()];
  await db.passTime("1 day");
  await bring("racecards", card);
  assertEquals([...await times()], before);
});

Deno.test("a race whose off time moved to another day is the same race, on the result's day", async () => {
  await bring("racecards", card);
  await bring("results", {
    ...result,
    races: [resultRace("rac_1", { race_date: "2026-06-03", off_dt: "2026-06-03T14:00:00+01:00" })],
  });
  await bring("racecards", card);
  const races = await db.sql`select id, race_date::text, off_dt from ra_races`;
  assertEquals([...races], [{
    id: "rac_1",
    race_date: "2026-06-03",
    off_dt: new Date("2026-06-03T13:00:00Z"),
  }]);
});

Deno.test("a declared horse that the result does not have is a non-runner, in either order", async () => {
  const without = { ...result, runners: [resultRunner("rac_1", "hrs_1")] };
  for (const order of [["racecards", "results"], ["results", "racecards"]] as const) {
    await db.reset();
    for (const feed of order) await bring(feed, feed === "racecards" ? card : without);
    const runners = await db.sql`select horse_id, is_non_runner from ra_runners order by horse_id`;
    assertEquals([...runners], [{ horse_id: "hrs_1", is_non_runner: false }, {
      horse_id: "hrs_2",
      is_non_runner: true,
    }]);
  }
});

Deno.test("a declared horse is no non-runner while a runner of the result could not be understood", async () => {
  await bring("racecards", card);
  const reject = {
    kind: "runner",
    race_id: "rac_1",
    horse_id: null,
    race_date: "2026-06-01",
    path: "runners[1].horse_id",
    reason: "The horse has no id",
    raw: {},
  };
  await bring("results", { ...result, runners: [resultRunner("rac_1", "hrs_1")], rejects: [reject] });
  const [runner] = await db.sql`select is_non_runner from ra_runners where horse_id = 'hrs_2'`;
  assertEquals(runner?.["is_non_runner"], false);
  await bring("results", result);
  assertEquals((await db.sql`select from ra_runners where is_non_runner`).length, 0);
});

Deno.test("values that belong together change together: a disqualified winner keeps no position", async () => {
  await bring("results", {
    ...result,
    runners: [resultRunner("rac_1", "hrs_1", { position: 1, sp: "7/2", sp_favourite: "favourite" })],
  });
  await bring("results", {
    ...result,
    runners: [
      resultRunner("rac_1", "hrs_1", { position: null, position_code: "DSQ", sp: "7/2", sp_favourite: null }),
    ],
  });
  const [runner] = await db.sql`select position, position_code, sp, sp_favourite from ra_runners`;
  assertEquals({ ...runner }, { position: null, position_code: "DSQ", sp: "7/2", sp_favourite: null });
});

Deno.test("a horse that ran after all is no non-runner, though its card said so", async () => {
  await bring("racecards", { ...card, runners: [cardRunner("rac_1", "hrs_1", { is_non_runner: true })] });
  await bring("results", result);
  const [runner] = await db.sql`select is_non_runner from ra_runners where horse_id = 'hrs_1'`;
  assertEquals(runner?.["is_non_runner"], false);
});

Deno.test("the name seen on the newest day stays, in any order of pulling the days", async () => {
  const seen = [
    horse("hrs_1", {
      name: "Old",
      last_seen_on: "2026-06-01",
      card_seen_on: "2026-06-01",
      colour: "b",
      dob: "2022-03-01",
    }),
    horse("hrs_1", { name: "New", last_seen_on: "2026-06-03" }),
    horse("hrs_1", { name: "Middle", last_seen_on: "2026-06-02", card_seen_on: "2026-06-02", colour: "br" }),
  ];
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]) {
    await db.reset();
    for (const n of order) await bring("racecards", { horses: [seen[n]!] });
    const horses = await db
      .sql`select name, colour, dob::text, last_seen_on::text, card_seen_on::text from ra_mst_horses`;
    assertEquals([...horses], [
      {
        name: "New",
        colour: "br",
        dob: "2022-03-01",
        last_seen_on: "2026-06-03",
        card_seen_on: "2026-06-02",
      },
    ]);
  }
});

Deno.test("the name of /courses is never replaced by the one on a race, in either order", async () => {
  const listed = { courses: [{ id: "crs_9", name: "Sandbury-AW", region_code: "ire", is_listed: true }] };
  const named = { courses: [{ id: "crs_9", name: "Sandbury (AW)", region_code: "ire", is_listed: false }] };
  for (const order of [[listed, named], [named, listed]]) {
    await db.reset();
    for (const parts of order) await bring("racecards", parts);
    const courses = await db.sql`select name, is_listed from ra_mst_courses`;
    assertEquals([...courses], [{ name: "Sandbury-AW", is_listed: true }]);
  }
});

Deno.test("the same reject again is the same row, and unknown fields are counted", async () => {
  const reject = {
    kind: "runner",
    race_id: "rac_1",
    horse_id: null,
    race_date: "2026-06-01",
    path: "runners[3].horse_id",
    reason: "The horse has no id",
    raw: { horse: "Nobody" },
  };
  const parts = {
    rejects: [reject, reject],
    unknown_fields: [{ object: "card_runner", field: "blinkers", seen: 9 }],
  };
  await bring("racecards", parts);
  await bring("racecards", parts);
  const rejects = await db.sql`select feed, path, raw from ingest_rejects`;
  assertEquals([...rejects], [{ feed: "racecards", path: "runners[3].horse_id", raw: { horse: "Nobody" } }]);
  await bring("racecards", { ...card, rejects: [] });
  assertEquals(
    (await db.sql`select from ingest_rejects`).length,
    0,
    "what is understood by now is no reject",
  );
  const [field] = await db.sql`select times_seen::integer from ingest_unknown_fields`;
  assertEquals(field?.["times_seen"], 18);
});

Deno.test("a day of cards is covered when its last page is in, and an empty day is known to be empty", async () => {
  const held = await lease("racecards");
  await ingest(
    db.worker,
    held,
    page({ before: ["2026-06-01", 0], after: ["2026-06-01", 1] }, { ...card, api_total: 2 }),
  );
  assertEquals((await db.sql`select from ra_coverage`).length, 0);
  await ingest(
    db.worker,
    held,
    page({ before: ["2026-06-01", 1], after: ["2026-06-02", 0] }, {
      horses: [horse("hrs_3")],
      races: [cardRace("rac_2")],
      runners: [cardRunner("rac_2", "hrs_3")],
      api_total: 2,
    }),
  );
  await ingest(db.worker, held, page({ before: ["2026-06-02", 0], after: ["2026-06-03", 0] }));
  const days = await db
    .sql`select day::text, races_in_api, races_stored, races_rejected from ra_coverage order by day`;
  assertEquals([...days], [
    { day: "2026-06-01", races_in_api: 2, races_stored: 2, races_rejected: 0 },
    { day: "2026-06-02", races_in_api: 0, races_stored: 0, races_rejected: 0 },
  ]);
});

Deno.test("pages that share horses and come at the same time wait for each other and all go in", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["racecards", "results"] });
  const leases = [
    await claimed(db.worker, "racecards"),
    await claimed(db.worker, "racecards"),
    await claimed(db.worker, "results"),
    await claimed(db.worker, "results"),
  ];
  const ids = Array.from({ length: 300 }, (_, n) => `hrs_${n}`);
  for (let round = 0; round < 5; round++) {
    await Promise.all(leases.map((held, index) => {
      const shuffled = round % 2 === index % 2 ? ids : ids.toReversed();
      const cursor: [string | null, number] = [held.cursor_day, 0];
      const isCard = held.cursor_day !== null;
      const race = `rac_${round}_${index % 2}`;
      return ingest(
        db.worker,
        held,
        page({ before: cursor, after: cursor }, {
          horses: shuffled.map((id) => horse(id, { last_seen_on: `2026-0${4 + index % 2}-1${round}` })),
          races: [isCard ? cardRace(race) : resultRace(race)],
          runners: shuffled.map((id) => isCard ? cardRunner(race, id) : resultRunner(race, id)),
        }),
      );
    }));
  }
  const [counts] = await db.sql`
    select (select count(*)::integer from ra_runners) as runners, (select min(last_seen_on)::text
      from ra_mst_horses) as seen
  `;
  assertEquals({ ...counts }, { runners: 3000, seen: "2026-05-14" });
});

Deno.test("finish_chunk() pulls again while the API has more races than came, and gives up loudly", async () => {
  const run = await start(db.sql, "2026-06-01", "2026-06-07", { feeds: ["results"] });
  const states: (string | undefined)[] = [];
  for (let pull = 0; pull < 4; pull++) {
    const held = await claimed(db.worker, "results");
    assertEquals([held.cursor_skip, held.api_total], [0, null]);
    await ingest(db.worker, held, page({ before: [null, 0], after: [null, 3] }, { ...result, api_total: 3 }));
    states.push(await finish(db.worker, held));
    await db.passTime("61 seconds");
  }
  assertEquals(states, ["waiting", "waiting", "waiting", "dead"]);
  const errors = await db.sql`select failure_class, message from ingest_errors`;
  assertEquals(errors.length, 4);
  assertEquals({ ...errors[0] }, {
    failure_class: "incomplete",
    message: "The API has 3 races and sent 1 of them",
  });
  const [status] = await db.sql`select state from backfill_status where run_id = ${run}`;
  assertEquals(status?.["state"], "completed_with_failures");
  assertEquals((await db.sql`select from ra_coverage`).length, 0);
});

Deno.test("finish_chunk() takes a rejected race as accounted for, and shows it in the coverage", async () => {
  const held = await lease("results");
  const reject = {
    kind: "race",
    race_id: "rac_7",
    horse_id: null,
    race_date: "2026-06-02",
    path: "course_id",
    reason: "No course",
    raw: {},
  };
  await ingest(
    db.worker,
    held,
    page({ before: [null, 0], after: [null, 2] }, { ...result, rejects: [reject], api_total: 2 }),
  );
  assertEquals(await finish(db.worker, held), "succeeded");
  const days = await db.sql`
    select day::text, races_in_api, races_stored, races_rejected from ra_coverage where races_in_api > 0 order by day
  `;
  assertEquals([...days], [
    { day: "2026-06-01", races_in_api: 1, races_stored: 1, races_rejected: 0 },
    { day: "2026-06-02", races_in_api: 1, races_stored: 0, races_rejected: 1 },
  ]);
  const gaps = await db.sql`select feed, day::text, missing from coverage_gaps`;
  assertEquals([...gaps], [{ feed: "results", day: "2026-06-02", missing: "0 of 1 races stored" }]);
  await start(db.sql, "2026-06-01", "2026-06-07", { feeds: ["results"] });
  const again = await claimed(db.worker, "results");
  assertEquals(
    [again.period_start, again.period_end],
    ["2026-06-02", "2026-06-03"],
    "a gap is what missing pulls",
  );
});

Deno.test("a result that was rejected is missing, though its card is stored", async () => {
  await bring("racecards", { ...card, races: [cardRace("rac_1"), cardRace("rac_2")] });
  const held = await lease("results");
  const reject = {
    kind: "race",
    race_id: "rac_2",
    horse_id: null,
    race_date: "2026-06-01",
    path: "course_id",
    reason: "No course",
    raw: {},
  };
  await ingest(
    db.worker,
    held,
    page({ before: [null, 0], after: [null, 2] }, { ...result, rejects: [reject], api_total: 2 }),
  );
  assertEquals(await finish(db.worker, held), "succeeded");
  const [day] = await db.sql`
    select races_in_api, races_stored, races_rejected from ra_coverage where feed = 'results' and day = '2026-06-01'
  `;
  assertEquals({ ...day }, { races_in_api: 2, races_stored: 1, races_rejected: 1 });
});

Deno.test("a race that moved to another day leaves no gap on the day of its card, in either order", async () => {
  const moved = { ...result, races: [resultRace("rac_1", { race_date: "2026-06-02" })] };
  for (const order of [["card", "result"], ["result", "card"], ["card", "result", "card"]]) {
    await db.reset();
    for (const what of order) {
      if (what === "result") await bring("results", moved);
      else {
        const held = await lease("racecards");
        await ingest(
          db.worker,
          held,
          page({ before: ["2026-06-01", 0], after: ["2026-06-02", 0] }, { ...card, api_total: 1 }),
        );
        await db.sql`select backfill_cancel(${held.run_id})`;
      }
    }
    const [day] = await db.sql`select races_in_api, races_stored from ra_coverage where feed = 'racecards'`;
    assertEquals({ ...day }, { races_in_api: 1, races_stored: 1 }, order.join());
  }
});

Deno.test("a reject without an id that a later pull does not meet again is gone", async () => {
  const reject = {
    kind: "race",
    race_id: null,
    horse_id: null,
    race_date: "2026-06-01",
    path: "race_id",
    reason: "No id",
    raw: { course: "Upper Sandbury" },
  };
  for (const parts of [{ ...result, rejects: [reject], api_total: 2 }, { ...result, api_total: 1 }]) {
    const held = await lease("results");
    await ingest(db.worker, held, page({ before: [null, 0], after: [null, parts.api_total] }, parts));
    assertEquals(await finish(db.worker, held), "succeeded");
    await db.passTime("1 hour");
  }
  assertEquals((await db.sql`select from ingest_rejects`).length, 0);
  assertEquals((await db.sql`select from coverage_gaps`).length, 0);
});

Deno.test("a day that was pulled before it was over is a gap once it is over", async () => {
  await db.reset("2026-06-01T12:00:00Z");
  await start(db.sql, "2026-06-01", "2026-06-01", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 0] }));
  await finish(db.worker, held);
  assertEquals((await db.sql`select from coverage_gaps`).length, 0);
  await db.passTime("1 day");
  const gaps = await db.sql`select feed, day::text, missing from coverage_gaps`;
  assertEquals([...gaps], [{
    feed: "results",
    day: "2026-06-01",
    missing: "pulled before the day was over",
  }]);
});
