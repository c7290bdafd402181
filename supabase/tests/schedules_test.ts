import { assertEquals, assertRejects } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claimed, finish, ingest, start } from "./support/chunks.ts";
import { cardRace, page, resultRace } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await db.sql`select stop_schedules()`;
});

const tick = () => db.sql`select engine.start_due_pulls()`;

/** The runs that a tick starts, all of them ended. */
async function takeRuns(): Promise<string[]> {
  const runs = await db.sql<{ words: string }[]>`
    select concat_ws(' ', replace(requested_by, 'schedule ', ''), array_to_string(feeds, '+'), start_date, end_date) as words
    from backfill_runs order by id
  `;
  // To empty what is empty takes as long.
  if (runs.length > 0) await db.sql`truncate backfill_runs cascade`;
  await db.takeDispatches();
  return runs.map(({ words }) => words);
}

/** Sets the clock to a time, ticks, and takes what was started. */
async function at(moment: string): Promise<string[]> {
  await db.setTime(moment);
  await tick();
  return await takeRuns();
}

/** As if the schedules had been on for long and had missed nothing. */
async function onSince(moment: string): Promise<void> {
  await db.setTime(moment);
  await db.sql`select start_schedules()`;
  // The second one is for horses, which leave a tick to the others.
  for (let nth = 1; nth <= 2; nth++) {
    await tick();
    await takeRuns();
  }
  await db.sql`truncate engine.gap_pulls`;
}

Deno.test("start_schedules() has the next tick pull, says what comes next, and can be called again; stop_schedules() too", async () => {
  const parts = async () => (await db.sql`select engine.take_parts_due() as parts`)[0]?.["parts"];
  assertEquals(await parts(), ["sweep", "watch"]);
  const before = await db.sql`select name from start_schedules()`;
  await db.sql`select start_schedules()`;
  assertEquals(await parts(), ["sweep", "pulls", "watch"]);
  assertEquals(before.map((row) => row["name"]).toSorted(), [
    "day_cards",
    "day_results",
    "gaps",
    "horses",
    "masters",
    "morning_cards",
    "week_results",
  ]);
  await db.sql`select stop_schedules()`;
  await db.sql`select stop_schedules()`;
  assertEquals(await parts(), ["sweep", "watch"]);
});

Deno.test("the first tick pulls everything once, so that today is there within minutes", async () => {
  await db.sql`select start_schedules()`;
  const [first] = await db.sql`select engine.start_due_pulls() as started`;
  assertEquals(first?.["started"], 4);
  assertEquals(await takeRuns(), [
    "morning_cards racecards 2026-06-14 2026-06-22",
    "week_results results 2026-06-08 2026-06-14",
    "day_results results 2026-06-15 2026-06-15",
    "masters masters 2026-06-15 2026-06-15",
  ]);
  await tick();
  assertEquals(await takeRuns(), []);
});

Deno.test("each pull starts at its UK time, in summer and in winter, and on the two days when the clocks change", async () => {
  // In March the clocks go forward on the 29th, in October back on the 25th.
  for (
    const [day, sevenInLondon, before] of [
      ["2026-03-28", "07:00", "06:59"],
      ["2026-03-29", "06:00", "05:59"],
      ["2026-10-24", "06:00", "05:59"],
      ["2026-10-25", "07:00", "06:59"],
      ["2026-06-15", "06:00", "05:59"],
      ["2026-12-25", "07:00", "06:59"],
    ]
  ) {
    await db.reset();
    await db.sql`select stop_schedules()`;
    await onSince(`${day}T05:30:00Z`);
    assertEquals(await at(`${day}T${before}:00Z`), [], day);
    assertEquals(
      (await at(`${day}T${sevenInLondon}:00Z`)).map((run) => run.split(" ")[0]),
      ["morning_cards"],
      day,
    );
    assertEquals(await at(`${day}T${sevenInLondon}:59Z`), [], day);
  }
});

Deno.test("a time that the clocks skip or repeat is due once", async () => {
  await db.sql`update pull_schedules set at_times = array['01:30']::time[] where name = 'week_results'`;
  for (const [day, hours] of [["2026-03-29", 24], ["2026-10-25", 24]] as const) {
    await db.reset();
    await db.sql`select stop_schedules()`;
    await onSince(`${day}T00:00:00Z`);
    let pulls = 0;
    for (let minute = 1; minute <= hours * 60; minute += 15) {
      const moment = new Date(Date.parse(`${day}T00:00:00Z`) + minute * 60_000).toISOString();
      pulls += (await at(moment)).filter((run) => run.startsWith("week_results")).length;
    }
    assertEquals(pulls, 1, day);
  }
  await db.sql`update pull_schedules set at_times = array['02:30']::time[] where name = 'week_results'`;
});

Deno.test("a normal day is pulled with fewer than 60 calls", async () => {
  await onSince("2026-06-15T00:30:00Z");
  let calls = 0;
  for (let minute = 31; minute < 24 * 60 + 31; minute++) {
    await db.setTime(new Date(Date.parse("2026-06-15T00:00:00Z") + minute * 60_000));
    await tick();
    const [planned] = await db.sql<{ calls: number }[]>`
      select coalesce(sum(pages_planned), 0)::integer as calls from backfill_progress
    `;
    calls += planned?.calls ?? NaN;
    await takeRuns();
    await db.sql`delete from engine.gap_pulls`;
  }
  assertEquals(calls < 60 && calls > 20, true, `${calls} calls`);
});

Deno.test("the masters are pulled on the first of the month", async () => {
  await onSince("2026-06-30T12:00:00Z");
  assertEquals((await at("2026-07-01T02:59:00Z")).filter((run) => run.startsWith("masters")), []);
  assertEquals((await at("2026-07-01T03:00:00Z")).filter((run) => run.startsWith("masters")), [
    "masters masters 2026-07-01 2026-07-01",
  ]);
});

Deno.test("missed ticks are made up once, no matter how many they were", async () => {
  await onSince("2026-06-15T12:00:00Z");
  const runs = await at("2026-06-17T09:00:00Z");
  assertEquals(runs.filter((run) => !run.startsWith("closing")), [
    "morning_cards racecards 2026-06-16 2026-06-24",
    "week_results results 2026-06-10 2026-06-16",
    "day_results results 2026-06-17 2026-06-17",
  ]);
});

Deno.test("after a standstill longer than any schedule reaches back, the days between are pulled too", async () => {
  await onSince("2026-06-15T12:00:00Z");
  const runs = await at("2026-07-01T09:00:00Z");
  assertEquals(runs.filter((run) => run.startsWith("closing")), [
    "closing of gaps racecards 2026-06-15 2026-06-29",
    "closing of gaps results 2026-06-15 2026-06-23",
  ]);
});

Deno.test("a pull whose days an earlier one still tries to pull is left out", async () => {
  await onSince("2026-06-15T12:00:00Z");
  const count = async () =>
    (await db.sql`select from backfill_runs where requested_by = 'schedule day_results'`).length;
  await db.setTime("2026-06-15T12:45:00Z");
  await tick();
  assertEquals(await count(), 1);
  await db.setTime("2026-06-15T13:45:00Z");
  await tick();
  assertEquals(await count(), 1);
});

Deno.test("an earlier pull that waits for its next attempt tries again when the next one of its days is due", async () => {
  await onSince("2026-06-15T12:00:00Z");
  await db.setTime("2026-06-15T12:45:00Z");
  await tick();
  await db
    .sql`update backfill_progress set next_attempt_at = '2026-06-15T14:30:00Z', attempts = 4 where feed = 'results'`;
  await db.takeDispatches();
  await db.setTime("2026-06-15T13:44:00Z");
  await tick();
  const calledForResults = async () =>
    (await db.takeDispatches()).filter(({ body }) => body["feed"] === "results").length;
  assertEquals(await calledForResults(), 0);
  await db.setTime("2026-06-15T13:45:00Z");
  await tick();
  assertEquals(await calledForResults(), 1);
  assertEquals((await claimed(db.worker, "results")).period_start, "2026-06-15");
});

Deno.test("a pull waits for an earlier one that has passed some of its days, and comes after it", async () => {
  await onSince("2026-06-15T05:30:00Z");
  const runs = () =>
    db.sql`select requested_by, start_date::text, end_date::text from backfill_runs order by id`;
  await db.setTime("2026-06-15T06:00:00Z");
  await tick();
  // The morning's pull has passed today and works on tomorrow.
  await db
    .sql`update backfill_progress set cursor_day = '2026-06-16', state = 'working', lease_token = gen_random_uuid(),
    lease_until = '2026-06-15T12:00:00Z'`;
  await db.setTime("2026-06-15T08:30:00Z");
  await tick();
  assertEquals((await runs()).map((run) => run["requested_by"]), ["schedule morning_cards"]);
  await db
    .sql`update backfill_progress set state = 'succeeded', ended_at = engine.clock(), lease_token = null, lease_until = null`;
  await db.passTime("5 minutes");
  await tick();
  assertEquals({ ...(await runs())[1] }, {
    requested_by: "schedule day_cards",
    start_date: "2026-06-15",
    end_date: "2026-06-15",
  });
});

/** A pull of last week's results of the night before, of which the first page is in, and which then failed. */
async function halfReadWeek(readAt: string): Promise<string> {
  await onSince("2026-06-15T01:00:00Z");
  await db.setTime("2026-06-15T01:30:00Z");
  await tick();
  await db.setTime(readAt);
  const lease = await claimed(db.worker, "results");
  await ingest(
    db.worker,
    lease,
    page({ before: [null, 0], after: [null, 1] }, { api_total: 2, races: [resultRace("rac_1")] }),
  );
  await db.worker`
    select fail_chunk(${lease.chunk_id}, ${lease.lease_token}, 'transient', 'no answer', '/results', null, 3600)
  `;
  return lease.chunk_id;
}

const weeks = async () =>
  (await db
    .sql`select start_date::text as first from backfill_runs where requested_by = 'schedule week_results' order by id`)
    .map((run) => run["first"]);

Deno.test("results that were half read when the next pull was due do not answer it: it comes after them", async () => {
  const chunk = await halfReadWeek("2026-06-16T01:00:00Z");
  await db.setTime("2026-06-16T01:30:00Z");
  await tick();
  assertEquals(await weeks(), ["2026-06-08"]);
  // It is tried at once, and when that fails it waits as before.
  const again = await claimed(db.worker, "results");
  assertEquals([again.chunk_id, again.cursor_skip], [chunk, 1]);
  await db.worker`
    select fail_chunk(${again.chunk_id}, ${again.lease_token}, 'transient', 'no answer', '/results', null, 1800)
  `;
  await db.passTime("1 minute");
  await tick();
  assertEquals((await db.sql`select from engine.claimable_chunks where id = ${chunk}`).length, 0);
  await db.passTime("30 minutes");
  const last = await claimed(db.worker, "results");
  assertEquals(last.chunk_id, chunk);
  await ingest(
    db.worker,
    last,
    page({ before: [null, 1], after: [null, 2] }, { api_total: 2, races: [resultRace("rac_2")] }),
  );
  assertEquals(await finish(db.worker, last), "succeeded");
  await db.passTime("1 minute");
  await tick();
  assertEquals(await weeks(), ["2026-06-08", "2026-06-09"]);
});

Deno.test("results whose first page came after the next pull was due answer it", async () => {
  // The tick of 02:30 in London, which is 01:30Z, is late.
  await halfReadWeek("2026-06-16T01:30:30Z");
  await db.setTime("2026-06-16T01:31:00Z");
  await tick();
  const [week] = await db.sql`select last_due_at from pull_schedules where name = 'week_results'`;
  assertEquals(week?.["last_due_at"], new Date("2026-06-16T01:30:00Z"));
  // But for yesterday, which the earlier one does not have.
  const runs = await db.sql`
    select start_date::text, end_date::text from backfill_runs where requested_by = 'schedule week_results' order by id
  `;
  assertEquals({ ...runs.at(-1) }, { start_date: "2026-06-15", end_date: "2026-06-15" });
});

Deno.test("a card day that was half read when its next pull was due is pulled once more, and it alone", async () => {
  await onSince("2026-06-15T05:30:00Z");
  await db.setTime("2026-06-15T06:00:00Z");
  await tick();
  const lease = await claimed(db.worker, "racecards");
  await ingest(db.worker, lease, page({ before: ["2026-06-14", 0], after: ["2026-06-15", 0] }));
  await ingest(
    db.worker,
    lease,
    page({ before: ["2026-06-15", 0], after: ["2026-06-15", 1] }, {
      api_total: 2,
      races: [cardRace("rac_1")],
    }),
  );
  await db.worker`select yield_chunk(${lease.chunk_id}, ${lease.lease_token}, 0)`;
  await db.setTime("2026-06-15T08:30:00Z");
  await tick();
  const again = await claimed(db.worker, "racecards");
  assertEquals([again.chunk_id, again.cursor_skip], [lease.chunk_id, 1]);
  await ingest(
    db.worker,
    again,
    page({ before: ["2026-06-15", 1], after: ["2026-06-16", 0] }, {
      api_total: 2,
      races: [cardRace("rac_2")],
    }),
  );
  await db.worker`select yield_chunk(${again.chunk_id}, ${again.lease_token}, 0)`;
  await db.passTime("1 minute");
  await tick();
  const runs = await db
    .sql`select requested_by, start_date::text, end_date::text from backfill_runs order by id`;
  assertEquals({ ...runs[1] }, {
    requested_by: "schedule day_cards",
    start_date: "2026-06-15",
    end_date: "2026-06-15",
  });
});

Deno.test("a pull replaces an earlier paused one, so that after an account is repaired nothing else is to do", async () => {
  await onSince("2026-06-15T12:00:00Z");
  await db.setTime("2026-06-15T12:45:00Z");
  await tick();
  await db.sql`update backfill_runs set paused_at = engine.clock(), pause_reason = 'The API answered 401'`;
  await db.setTime("2026-06-15T13:45:00Z");
  await tick();
  const chunks = await db.sql`
    select chunk.state, run.paused_at is not null as paused
    from backfill_progress as chunk join backfill_runs as run on run.id = chunk.run_id
    where run.requested_by = 'schedule day_results' order by chunk.id
  `;
  assertEquals(chunks.map((chunk) => ({ ...chunk })), [
    { state: "cancelled", paused: true },
    { state: "waiting", paused: false },
  ]);
});

Deno.test("what a paused pull had left of other days comes with the pull that replaces it", async () => {
  await onSince("2026-06-15T05:30:00Z");
  await db.setTime("2026-06-15T06:00:00Z");
  await tick();
  await db.sql`update backfill_runs set paused_at = engine.clock(), pause_reason = 'The API answered 401'`;
  await db.setTime("2026-06-15T08:30:00Z");
  await tick();
  const [run] = await db
    .sql`select start_date::text, end_date::text from backfill_runs order by id desc limit 1`;
  assertEquals({ ...run }, { start_date: "2026-06-14", end_date: "2026-06-22" });
});

Deno.test("today's cards do not wait for a morning's pull that fails on a later day", async () => {
  await onSince("2026-06-15T05:30:00Z");
  await db.setTime("2026-06-15T06:00:00Z");
  await tick();
  await db
    .sql`update backfill_progress set cursor_day = '2026-06-17', next_attempt_at = '2026-06-15T09:30:00Z'`;
  await db.setTime("2026-06-15T08:30:00Z");
  await tick();
  const runs = await db.sql`select requested_by from backfill_runs order by id`;
  assertEquals(runs.map((run) => run["requested_by"]), ["schedule morning_cards", "schedule day_cards"]);
});

Deno.test("a pull of the evening whose tick comes after midnight is still the evening's", async () => {
  await onSince("2026-06-15T21:00:00Z");
  const runs = await at("2026-06-15T23:05:00Z");
  assertEquals(runs.filter((run) => !run.startsWith("closing")), [
    "day_results results 2026-06-15 2026-06-16",
  ]);
});

Deno.test("without a Vault secret nothing is started, the tick still ends well, and it is made up when the secret is there", async () => {
  await onSince("2026-06-15T12:00:00Z");
  await db.withoutWorkerSecret(async () => {
    assertEquals(await at("2026-06-15T12:45:00Z"), []);
  });
  const [beat] = await db.sql`select beat_at from engine.heartbeats where name = 'pulls'`;
  assertEquals(beat?.["beat_at"], new Date("2026-06-15T12:45:00Z"));
  assertEquals(await at("2026-06-15T12:46:00Z"), ["day_results results 2026-06-15 2026-06-15"]);
});

Deno.test("a schedule that is switched off is left out, and other times hold from the next minute on", async () => {
  await onSince("2026-06-15T05:30:00Z");
  await db.sql`update pull_schedules set enabled = false where name = 'morning_cards'`;
  await db.sql`update pull_schedules set at_times = array['06:40']::time[] where name = 'day_cards'`;
  assertEquals(await at("2026-06-15T05:41:00Z"), ["day_cards racecards 2026-06-15 2026-06-15"]);
  assertEquals(await at("2026-06-15T06:01:00Z"), []);
  await db.sql`
    update pull_schedules set at_times = array['09:30', '11:00', '12:30', '14:00', '15:30', '17:00', '18:30']::time[]
    where name = 'day_cards'
  `;
});

Deno.test("a schedule without a time is refused", async () => {
  await assertRejects(
    () => db.sql`update pull_schedules set at_times = '{}' where name = 'day_cards'`,
    Error,
    "pull_schedules_times_not_empty",
  );
});

Deno.test("a day is never pulled by a backfill and a daily pull at once, and both get their turn", async () => {
  const run = await start(db.sql, "2026-06-01", "2026-06-15", { feeds: ["results"] });
  const backfill = await claimed(db.worker, "results");
  await db.sql`select start_schedules()`;
  await tick();
  const waiting = await db.sql`select feed from engine.claimable_chunks where feed = 'results'`;
  assertEquals([...waiting], []);
  await ingest(db.worker, backfill, page({ before: [null, 0], after: [null, 0] }));
  await finish(db.worker, backfill);
  assertEquals(
    (await db.sql`select state from backfill_status where run_id = ${run}`)[0]?.["state"],
    "succeeded",
  );
  const daily = await claimed(db.worker, "results");
  assertEquals([daily.period_start, daily.period_end], ["2026-06-08", "2026-06-15"]);
});

const startedBy = async () =>
  (await db.sql<{ by: string }[]>`
    select replace(requested_by, 'schedule ', '') as by from backfill_runs where requested_by like 'schedule %' order by id
  `).map(({ by }) => by);

Deno.test("an operator's open transaction around pull_days() holds up no scheduled pull", async () => {
  await onSince("2026-06-15T12:00:00Z");
  await db.setTime("2026-06-15T12:45:00Z");
  await db.sql.begin(async (transaction) => {
    await transaction`select pull_days('2026-06-14')`;
    await tick();
    assertEquals(await startedBy(), ["day_results"]);
  });
});

/** Refuses the runs of one schedule. */
async function refuse(schedule: string, work: () => Promise<void>): Promise<void> {
  await db.sql.unsafe(`
    create function testing.refuse_run() returns trigger language plpgsql as 'begin raise exception ''No such luck''; end';
    create trigger refuse_run before insert on backfill_runs
      for each row when (new.requested_by = 'schedule ${schedule}') execute function testing.refuse_run();
  `);
  try {
    await work();
  } finally {
    await db.sql.unsafe("drop function testing.refuse_run() cascade");
  }
}

const failures = async () => [
  ...await db.sql<{ name: string; last_error: string }[]>`
    select name, last_error from pull_schedules where failing_since is not null
  `,
];

Deno.test("an error in one schedule does not delay another: it is logged, tried again, and an alert when it lasts", async () => {
  await db.sql`select start_schedules()`;
  await refuse("morning_cards", async () => {
    await tick();
    const others = ["week_results", "day_cards", "day_results", "masters"];
    assertEquals((await startedBy()).toSorted(), others.toSorted());
    assertEquals(await failures(), [{ name: "morning_cards", last_error: "No such luck" }]);
    // Once they have ended it waits for nothing, and is tried.
    await db.sql`update backfill_progress set state = 'succeeded', ended_at = engine.clock()`;
    await db.sql`select engine.watch()`;
    assertEquals((await db.sql`select from alerts where kind = 'schedule'`).length, 0);
    for (let minute = 0; minute < 7; minute++) {
      await db.passTime("1 minute");
      await tick();
      await db.sql`select engine.watch()`;
    }
    const standing = await db.sql`select subject, message from alerts where kind = 'schedule'`;
    assertEquals(standing.map((alert) => ({ ...alert })), [{
      subject: "morning_cards",
      message: "The pull that is due can't be started since 2026-06-15 11:00:00+00: No such luck. " +
        "It is tried again each minute.",
    }]);
  });
  await db.sql`update backfill_progress set state = 'succeeded', ended_at = engine.clock()`;
  await tick();
  assertEquals((await startedBy()).includes("morning_cards"), true);
  assertEquals(await failures(), []);
  await db.sql`select engine.watch()`;
  assertEquals(
    (await db.sql`select from alerts where kind = 'schedule' and resolved_at is not null`).length,
    1,
  );
});

Deno.test("a schedule that could not be started and then only waits for an earlier pull has no failure any more", async () => {
  await onSince("2026-06-15T12:00:00Z");
  await db.setTime("2026-06-15T12:45:00Z");
  await db.sql.begin(async (transaction) => {
    await transaction`select engine.take_lock('start schedule')`;
    await tick();
    assertEquals((await failures()).map(({ name }) => name), ["day_results"]);
  });
  await db.setTime("2026-06-15T12:30:00Z");
  await db.sql`
    select engine.create_run('schedule', '2026-06-15', '2026-06-15', array['results'], requested_by => 'schedule elsewhere')
  `;
  const lease = await claimed(db.worker, "results");
  const races = [resultRace("rac_1", { race_date: "2026-06-15" })];
  await ingest(db.worker, lease, page({ before: [null, 0], after: [null, 1] }, { api_total: 2, races }));
  await db.setTime("2026-06-15T12:46:00Z");
  await tick();
  assertEquals(await failures(), []);
});

Deno.test("a scheduled pull that another start of its kind holds up comes with the next tick", async () => {
  await onSince("2026-06-15T12:00:00Z");
  await db.setTime("2026-06-15T12:45:00Z");
  await db.sql.begin(async (transaction) => {
    await transaction`select engine.take_lock('start schedule')`;
    await tick();
    assertEquals((await failures()).map(({ name }) => name), ["day_results"]);
  });
  await db.passTime("1 minute");
  await tick();
  assertEquals([await startedBy(), await failures()], [["day_results"], []]);
});

Deno.test("a locked schedule is left for the next tick, and the others are pulled", async () => {
  await db.sql`select start_schedules()`;
  await db.sql.begin(async (transaction) => {
    await transaction`update pull_schedules set enabled = true where name = 'week_results'`;
    await tick();
    assertEquals((await startedBy()).includes("week_results"), false);
    assertEquals((await startedBy()).includes("day_results"), true);
  });
  await tick();
  assertEquals((await startedBy()).includes("week_results"), true);
});

Deno.test("gaps that could not be closed after a standstill are closed by the next tick", async () => {
  await onSince("2026-06-15T12:00:00Z");
  await db.setTime("2026-07-01T09:00:00Z");
  await db.sql.begin(async (transaction) => {
    await transaction`select engine.take_lock('start gaps')`;
    await tick();
  });
  assertEquals((await failures()).map(({ name }) => name), ["gaps"]);
  assertEquals((await takeRuns()).filter((run) => run.startsWith("closing")), []);
  assertEquals((await at("2026-07-01T09:01:00Z")).filter((run) => run.startsWith("closing")).length, 2);
  assertEquals(await failures(), []);
});

Deno.test("a tick on which gaps alone are due closes them, and nothing is wrong", async () => {
  await onSince("2026-06-15T05:30:00Z");
  await at("2026-06-17T01:30:00Z");
  // 03:30 in the UK.
  assertEquals(await at("2026-06-17T02:30:00Z"), [
    "closing of gaps racecards 2026-06-15 2026-06-16",
    "closing of gaps results 2026-06-15 2026-06-16",
  ]);
  assertEquals(await failures(), []);
});
