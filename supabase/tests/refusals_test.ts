import { assertEquals, assertRejects } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claimed, finish, ingest, start } from "./support/chunks.ts";
import { page } from "./support/pages.ts";

/** What an operator reads who asks for something that can't be: the code, the sentence and the hint, word for word. */

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** How a statement is refused. */
async function refusal(statement: string): Promise<Refusal> {
  const error: Error & Partial<Refusal> = await assertRejects(() => db.sql.unsafe(statement), Error);
  return { code: error.code ?? "", message: error.message, hint: error.hint ?? "" };
}

const DAYS_AHEAD =
  "Today in London is 2026-06-15. The last day of racecards is 2026-06-22. The last day of results is today.";
const FEEDS = "masters, racecards, results, horses";

/** Statement, sentence and hint. All are of the code 22023. */
const nonsense: [statement: string, message: string, hint: string][] = [
  [
    "select backfill_start(null)",
    "The start date is missing",
    "For example: select backfill_start(date '2015-01-01');",
  ],
  [
    "select backfill_start('2026-05-02', '2026-05-01')",
    "The start date 2026-05-02 is after the end date 2026-05-01",
    "Swap them: the first day is 2026-05-01, the last one 2026-05-02.",
  ],
  [
    "select backfill_start('1987-12-31')",
    "The start date 1987-12-31 is before 1988-01-01, the first day of The Racing API",
    "Start on 1988-01-01 or later.",
  ],
  [
    "select backfill_start('2026-06-16', feeds => array['results'])",
    "The start date 2026-06-16 is in the future: there are no results after 2026-06-15 yet",
    DAYS_AHEAD,
  ],
  [
    "select backfill_start('2026-06-23')",
    "The start date 2026-06-23 is in the future: there are no racecards or results after 2026-06-22 yet",
    DAYS_AHEAD,
  ],
  [
    "select backfill_start('2026-06-01', '2026-06-23')",
    "The end date 2026-06-23 is more than 7 days ahead: the API has no cards that far",
    DAYS_AHEAD,
  ],
  [
    "select backfill_start('2026-06-23', feeds => array['masters'])",
    "The start date 2026-06-23 is more than 7 days ahead: the API has no cards that far",
    DAYS_AHEAD,
  ],
  [
    "select backfill_start('2026-05-01', feeds => '{}')",
    "The list of feeds is empty",
    `Leave it out, or name some: the feeds are ${FEEDS}.`,
  ],
  [
    "select backfill_start('2026-05-01', feeds => array[null])",
    "The list of feeds contains a null",
    `The feeds are ${FEEDS}.`,
  ],
  [
    "select backfill_start('2026-05-01', feeds => array['odds'])",
    'Unknown feed "odds"',
    `The feeds are ${FEEDS}.`,
  ],
  [
    "select backfill_start('2026-05-01', feeds => '{results,racecards,results}')",
    "The feed results is in the list twice",
    "Name it once: array['racecards', 'results'].",
  ],
  [
    "select backfill_start('2026-05-01', reprocess => 'some')",
    'Unknown value "some" for reprocess',
    "Use missing (what coverage lacks), failed (what died earlier) or all.",
  ],
  [
    "select pull_days(null)",
    "The first day is missing",
    "For today: select pull_days(); for another day: select pull_days(date '2026-10-03');",
  ],
  [
    "select pull_days('2026-05-02', '2026-05-01')",
    "The start date 2026-05-02 is after the end date 2026-05-01",
    "Swap them: the first day is 2026-05-01, the last one 2026-05-02.",
  ],
  [
    // Its range is too long too: backfill_start would refuse it as well.
    "select pull_days('2026-05-01', 'infinity')",
    "The end date infinity is more than 7 days ahead: the API has no cards that far",
    DAYS_AHEAD,
  ],
  [
    "select pull_days('2026-05-01', '2026-06-01', array['results'])",
    "From 2026-05-01 to 2026-06-01 is more than the 31 days that pull_days pulls",
    "For more, at a backfill's place in the queue: " +
    "select backfill_start(date '2026-05-01', date '2026-06-01', '{results}', reprocess => 'all');",
  ],
  [
    "select backfill_pause(99)",
    "There is no run 99",
    "The runs are in: select run_id, state from backfill_status;",
  ],
  [
    "delete from backfill_settings",
    "The row of backfill_settings can't be deleted: every run reads it",
    "To restore a default: update backfill_settings set regions = default; and so on for each column.",
  ],
  [
    "truncate backfill_settings",
    "The row of backfill_settings can't be deleted: every run reads it",
    "To restore a default: update backfill_settings set regions = default; and so on for each column.",
  ],
];
for (const [statement, message, hint] of nonsense) {
  Deno.test(`"${statement}" is refused with what is wrong and what to do, and does nothing`, async () => {
    assertEquals(await refusal(statement), { code: "22023", message, hint });
    assertEquals((await db.sql`select from backfill_runs`).length, 0);
    assertEquals((await db.sql`select from backfill_settings`).length, 1);
    assertEquals(await db.takeDispatches(), []);
  });
}

Deno.test("31 days are the most that pull_days() pulls, and what its hint says for more works", async () => {
  await db.sql`select pull_days('2026-05-01', '2026-05-31')`;
  const { hint } = await refusal("select pull_days('2026-01-01', '2026-03-31')");
  await db.sql.unsafe(hint.slice(hint.indexOf("select ")));
  const [run] = await db.sql`
    select kind, reprocess, start_date::text as first, end_date::text as last, feeds from backfill_runs
    order by id desc limit 1
  `;
  assertEquals({ ...run }, {
    kind: "backfill",
    reprocess: "all",
    first: "2026-01-01",
    last: "2026-03-31",
    feeds: ["racecards", "results"],
  });
});

Deno.test("a run that waits is refused a resume and a retry with its state and what to do", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const hint = "Wait: it goes on by itself.";
  assertEquals(await refusal(`select backfill_resume(${run})`), {
    code: "PT409",
    message: `Run ${run} is not paused: it waits to be claimed`,
    hint,
  });
  assertEquals(await refusal(`select backfill_retry(${run})`), {
    code: "PT409",
    message: `Run ${run} has no dead chunks: it waits to be claimed`,
    hint,
  });
  await claimed(db.worker, "results");
  assertEquals(await refusal(`select backfill_retry(${run})`), {
    code: "PT409",
    message: `Run ${run} has no dead chunks: it is running`,
    hint,
  });
});

Deno.test("a paused run is refused another pause and a retry with how to resume it", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`select backfill_pause(${run})`;
  const [{ login } = {}] = await db.sql`select session_user as login`;
  const hint = `Paused by ${login}. To go on: select backfill_resume(${run});`;
  assertEquals(await refusal(`select backfill_pause(${run})`), {
    code: "PT409",
    message: `Run ${run} is paused already`,
    hint,
  });
  assertEquals(await refusal(`select backfill_retry(${run})`), {
    code: "PT409",
    message: `Run ${run} has no dead chunks: it is paused`,
    hint,
  });
});

Deno.test("a run that has succeeded is refused everything with when it did and how to pull its days again", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 0] }));
  await finish(db.worker, held);
  const [{ ended } = {}] = await db
    .sql`select ended_at::text as ended from backfill_status_details where run_id = ${run}`;
  const hint = "To pull its days again: " +
    "select backfill_start(date '2026-05-01', date '2026-05-31', '{results}', reprocess => 'all');";
  for (
    const [call, why] of [
      ["backfill_pause", "has ended"],
      ["backfill_resume", "has ended"],
      ["backfill_cancel", "has ended"],
      ["backfill_retry", "has no dead chunks"],
    ]
  ) {
    assertEquals(await refusal(`select ${call}(${run})`), {
      code: "PT409",
      message: `Run ${run} ${why}: it succeeded at ${ended}`,
      hint,
    });
  }
  await db.sql.unsafe(hint.slice(hint.indexOf("select ")));
});

Deno.test("a run that had nothing to pull says why when it is steered", async () => {
  const run = await start(db.sql, "2022-05-01", "2022-05-31", { feeds: ["racecards"] });
  for (const call of ["backfill_pause", "backfill_resume", "backfill_cancel", "backfill_retry"]) {
    const { code, hint } = await refusal(`select ${call}(${run})`);
    assertEquals([code, hint], ["PT409", "Nothing was pulled. There are no racecards before 2023-01-23."]);
  }
});

Deno.test("a run that ended with dead chunks is refused a resume with how to retry them", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await db.worker`select fail_chunk(${held.chunk_id}, ${held.lease_token}, 'chunk', 'unreadable')`;
  const [{ ended } = {}] = await db
    .sql`select ended_at::text as ended from backfill_status_details where run_id = ${run}`;
  assertEquals(await refusal(`select backfill_resume(${run})`), {
    code: "PT409",
    message: `Run ${run} has ended: it completed with failures at ${ended}, dead chunks: 1`,
    hint:
      `Given up: a chunk. Read last_error and ingest_errors; once that is fixed: select backfill_retry(${run});`,
  });
  await db.sql`select backfill_retry(${run})`;
});

Deno.test("a run whose last chunk ended after the pause is refused a resume as an ended one", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await db.sql`select backfill_pause(${run})`;
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 0] }));
  await finish(db.worker, held);
  const { code, message } = await refusal(`select backfill_resume(${run})`);
  assertEquals([code, message.slice(0, `Run ${run} has ended: it succeeded`.length)], [
    "PT409",
    `Run ${run} has ended: it succeeded`,
  ]);
});

Deno.test("a cancelled run is refused everything with how to start what is missing", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`select backfill_cancel(${run})`;
  const [{ at } = {}] = await db.sql`select cancelled_at::text as at from backfill_runs where id = ${run}`;
  const hint = "What it stored stays. For what is missing: " +
    "select backfill_start(date '2026-05-01', date '2026-05-31', '{results}');";
  for (const call of ["backfill_pause", "backfill_resume", "backfill_cancel", "backfill_retry"]) {
    assertEquals(await refusal(`select ${call}(${run})`), {
      code: "PT409",
      message: `Run ${run} was cancelled at ${at}`,
      hint,
    });
  }
  await db.sql.unsafe(hint.slice(hint.indexOf("select ")));
});

Deno.test("a start in the range of a live run is refused with the code of a conflict", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const again = "select backfill_start('2026-05-20', '2026-05-21', array['results'])";
  assertEquals(await refusal(again), {
    code: "PT409",
    message: `Run ${run} is still working on results in this range`,
    hint: `Watch it in backfill_status, or end it with: select backfill_cancel(${run});`,
  });
  await db.sql`select backfill_pause(${run})`;
  assertEquals(await refusal(again), {
    code: "PT409",
    message: `Run ${run} is paused and has yet to pull results in this range`,
    hint: `Let it go on: select backfill_resume(${run}); or end it: select backfill_cancel(${run});`,
  });
});
