import { assert, assertEquals } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claimed, finish, ingest, start } from "./support/chunks.ts";
import { page } from "./support/pages.ts";

const WEBHOOK = "https://hooks.example.org/services/T000/B000/a-secret-token";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await db.sql`select stop_schedules()`;
  await db.sql`delete from vault.secrets where name = 'alert_webhook_url'`;
  await db.sql`delete from net._http_response`;
});

const watch = () => db.sql`select engine.watch()`;
const setWebhook = () => db.sql`select vault.create_secret(${WEBHOOK}, 'alert_webhook_url')`;
const alerts = async () => [
  ...await db.sql<{ kind: string; subject: string; message: string; over: boolean }[]>`
    select kind, subject, message, well_at is not null as over from alerts order by id
  `,
];

interface Posted {
  readonly id: number;
  readonly url: string;
  readonly body: Record<string, string>;
}
/** What was queued for the webhook. */
const posted = () =>
  db.sql<Posted[]>`
    select id::integer, url, convert_from(body, 'utf8')::jsonb as body from net.http_request_queue
    where url not like '%/functions/v1/%' order by id
  `;

/** A chunk of May that was given up. */
async function killChunk(): Promise<number> {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  const held = await claimed(db.worker, "results");
  await db
    .worker`select fail_chunk(${held.chunk_id}, ${held.lease_token}, 'chunk', '/results answered 422: no such day')`;
  return run;
}

Deno.test("with nothing the matter there is no alert and no message", async () => {
  await setWebhook();
  await watch();
  await watch();
  assertEquals(await alerts(), []);
  assertEquals([...await posted()], []);
});

Deno.test("dead chunks raise one alert, not one a minute, and one message more when it is well again", async () => {
  await setWebhook();
  const run = await killChunk();
  for (let minute = 0; minute < 5; minute++) {
    await watch();
    await db.passTime("1 minute");
  }
  const [alert] = await alerts();
  assertEquals([(await alerts()).length, alert?.kind, alert?.subject, alert?.over], [
    1,
    "dead_chunks",
    "run 1, results",
    false,
  ]);
  assertEquals(
    alert?.message,
    "Given up: a chunk of results, the last one because: /results answered 422: no such day. " +
      `When that is put right: select backfill_retry(${run}); or let it be: select backfill_cancel(${run});`,
  );
  const [first, ...more] = await posted();
  assertEquals([first?.url, first?.body, more.length], [
    WEBHOOK,
    { text: `dead chunks (run 1, results): ${alert?.message}` },
    0,
  ]);
  await db.sql`insert into net._http_response (id, status_code) values (${first?.id ?? 0}, 200)`;

  await db.sql`select backfill_retry(${run})`;
  const held = await claimed(db.worker, "results");
  await ingest(db.worker, held, page({ before: [null, 0], after: [null, 0] }));
  await finish(db.worker, held);
  await watch();
  await db.passTime("10 minutes");
  await watch();
  assertEquals((await alerts()).map(({ over }) => over), [true]);
  const texts = (await posted()).map(({ body }) => body["text"] ?? "");
  assert(texts[1]?.startsWith("Well again: dead chunks (run 1, results), since "), texts.join("\n"));
});

Deno.test("a message goes out again until the webhook answers well, at most five times", async () => {
  await setWebhook();
  await killChunk();
  for (let minute = 0; minute <= 60; minute++) {
    await watch();
    const last = (await posted()).at(-1);
    await db.sql`
      insert into net._http_response (id, status_code)
      select ${last?.id ?? 0}, 500 where not exists (select from net._http_response where id = ${
      last?.id ?? 0
    })
    `;
    await db.passTime("1 minute");
  }
  assertEquals((await posted()).length, 5);
  const [message] = await db.sql`select tries, delivered_at is not null as closed from alert_messages`;
  assertEquals({ ...message }, { tries: 5, closed: true });
});

Deno.test("without a webhook alerts stand in their table, and a webhook set up later gets none that is older than a day", async () => {
  await killChunk();
  await watch();
  assertEquals((await alerts()).length, 1);
  await db.passTime("25 hours");
  await setWebhook();
  await watch();
  assertEquals([...await posted()], []);
});

Deno.test("an alert in plain JSON has its parts in fields", async () => {
  await setWebhook();
  await db.sql`update backfill_settings set alert_format = 'json'`;
  await killChunk();
  await watch();
  const [message] = await posted();
  assertEquals(Object.keys(message?.body ?? {}).toSorted(), [
    "kind",
    "message",
    "phase",
    "raised_at",
    "subject",
    "well_at",
  ]);
  assertEquals([message?.body["phase"], message?.body["kind"]], ["raised", "dead_chunks"]);
});

Deno.test("a paused run, rejects and an unknown field each raise their alert, and end it", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`select backfill_pause(${run})`;
  await db.sql`
    insert into ingest_rejects (feed, kind, race_id, race_date, path, reason, raw, fingerprint)
    select 'results', 'runner', 'rac_1', day, 'runners[0].horse_id', 'horse_id is missing.', '{}', day
    from unnest(array['2026-06-14', '2026-05-01', '2026-05-02']::date[]) as day
  `;
  await db.sql`
    insert into ingest_unknown_fields (feed, object, field, times_seen) values ('results', 'result_runner', 'mood', 12)
  `;
  await watch();
  assertEquals((await alerts()).map(({ kind, subject }) => `${kind}: ${subject}`).toSorted(), [
    "paused: run 1",
    "rejects: results of 2026-06-14",
    "rejects: results of earlier days",
    "unknown_field: results result_runner.mood",
  ]);
  const rejects = (await alerts()).find(({ subject }) => subject.endsWith("earlier days"));
  assertEquals(
    rejects?.message,
    "Not understood: 2 rows of the results of earlier days, the first because: horse_id is missing. See ingest_rejects.",
  );
  await db.sql`select backfill_resume(${run})`;
  await db.sql`truncate ingest_rejects`;
  await db.sql`update ingest_unknown_fields set acknowledged_at = now()`;
  await watch();
  assertEquals((await alerts()).every(({ over }) => over), true);
});

Deno.test("what the alert of an unknown field says to run ends that alert alone, whatever the field is called", async () => {
  await db.sql`
    insert into ingest_unknown_fields (feed, object, field, times_seen)
    values ('results', 'result_runner', 'jockey''s mood', 1), ('results', 'result', 'jockey''s mood', 1)
  `;
  await watch();
  const [standing] = await alerts();
  const toRun = /When you have looked: (update .*;)$/.exec(standing?.message ?? "")?.[1];
  if (toRun === undefined) throw new Error(standing?.message);
  await db.sql.unsafe(toRun);
  await watch();
  assertEquals((await alerts()).map(({ subject, over }) => ({ subject, over })), [
    { subject: "results result.jockey's mood", over: true },
    { subject: "results result_runner.jockey's mood", over: false },
  ]);
});

Deno.test("calls that nobody answers raise an alert after two minutes, one lost call does not", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.passTime("1 minute");
  await db.sql`select engine.sweep()`;
  await watch();
  assertEquals(await alerts(), []);
  await db.passTime("3 minutes");
  await db.sql`select engine.sweep()`;
  await watch();
  assertEquals((await alerts()).map(({ kind, subject }) => [kind, subject]), [[
    "unanswered_calls",
    "results",
  ]]);
  await claimed(db.worker, "results");
  await watch();
  assertEquals((await alerts()).map(({ over }) => over), [true]);
});

Deno.test("calls that cannot be sent for want of a Vault secret raise the same alert, for as long as it lasts", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.withoutWorkerSecret(async () => {
    for (let minute = 0; minute < 200; minute++) {
      await db.passTime("1 minute");
      await db.sql`select engine.sweep()`;
      await watch();
    }
  });
  assertEquals((await alerts()).map(({ kind, over }) => [kind, over]), [["unanswered_calls", false]]);
  const errors = await db.sql`select message from ingest_errors order by id`;
  assertEquals([errors.length, errors.at(-1)?.["message"]], [
    4,
    'No call could be sent: Vault lacks the secret "worker_secret"',
  ]);
});

Deno.test("scheduled pulls that are paused one after the other are one alert", async () => {
  await db.sql`select start_schedules()`;
  await db.sql`select engine.start_due_pulls()`;
  const pause = () =>
    db.sql`
    update backfill_runs set paused_at = engine.clock(), pause_reason = 'The API answered 401.' where paused_at is null
  `;
  for (let hour = 0; hour < 5; hour++) {
    await pause();
    await watch();
    await db.passTime("1 hour");
    await db.sql`select engine.start_due_pulls()`;
  }
  await pause();
  await watch();
  assertEquals((await alerts()).filter(({ kind }) => kind === "paused"), [{
    kind: "paused",
    subject: "scheduled pulls",
    message: "The API answered 401. Otherwise the next pull of these days tries again.",
    over: false,
  }]);
});

Deno.test("scheduled pulls that die one after the other are one alert a feed", async () => {
  await db.sql`select start_schedules()`;
  await db.sql`select engine.start_due_pulls()`;
  for (let hour = 0; hour < 30; hour++) {
    await db.sql`
      update backfill_progress set state = 'dead', last_error = 'The API answered 422.', ended_at = engine.clock() where state = 'waiting'
    `;
    await db.passTime("1 hour");
    await db.sql`select engine.start_due_pulls()`;
    await watch();
  }
  const dead = (await alerts()).filter(({ kind }) => kind === "dead_chunks");
  assertEquals(dead.map(({ subject }) => subject).toSorted(), [
    "scheduled pulls, masters",
    "scheduled pulls, racecards",
    "scheduled pulls, results",
  ]);
});

Deno.test("whoever switches the schedules on is not told that they are late", async () => {
  for (let minute = 0; minute < 60; minute += 5) {
    await watch();
    await db.passTime("5 minutes");
  }
  await db.sql`select start_schedules()`;
  await db.sql`select engine.start_due_pulls()`;
  await watch();
  assertEquals(await alerts(), []);
});

Deno.test("days of long ago that were given up are one alert, not one each", async () => {
  await db.sql`
    insert into gap_pulls (feed, day, tries, last_try_at, given_up_at)
    select 'results', day, 3, engine.clock(), engine.clock()
    from generate_series(date '2026-04-01', date '2026-04-30', interval '1 day') as day
  `;
  await watch();
  assertEquals((await alerts()).map(({ subject, message }) => [subject, message]), [[
    "results of earlier days",
    "Still missing after 3 nightly pulls: the results of 30 days. " +
    "See coverage_gaps; to try again: select pull_days('2026-04-01');",
  ]]);
  await db.passTime("10 days");
  await watch();
  assertEquals((await alerts()).length, 1);
});

Deno.test("a day that was given up raises an alert", async () => {
  await db.sql`
    insert into gap_pulls (feed, day, tries, last_try_at, given_up_at)
    values ('results', '2026-06-10', 3, engine.clock(), engine.clock())
  `;
  await watch();
  assertEquals(
    (await alerts())[0]?.message,
    "Still missing after 3 nightly pulls: the results of 2026-06-10. " +
      "See coverage_gaps; to try again: select pull_days('2026-06-10');",
  );
});

Deno.test("data that is late raises an alert, but not before whoever has just woken up had time to pull it", async () => {
  await db.reset("2026-06-15T05:00:00Z");
  await db.sql`select start_schedules()`;
  await db.sql`select engine.start_due_pulls()`;
  await db.passTime("3 days");
  await db.sql`select engine.start_due_pulls()`;
  await watch();
  assertEquals((await alerts()).filter(({ kind }) => kind === "freshness"), []);
  for (let minute = 0; minute < 50; minute += 5) {
    await db.passTime("5 minutes");
    await db.sql`select engine.start_due_pulls()`;
    await watch();
  }
  assertEquals(
    (await alerts()).filter(({ kind }) => kind === "freshness").map(({ subject }) => subject).toSorted(),
    ["racecards", "results"],
  );
});

Deno.test("a sweep that stood still says so in one message when it runs again", async () => {
  await setWebhook();
  await db.sql`select engine.sweep()`;
  await db.passTime("9 minutes");
  await db.sql`select engine.sweep()`;
  assertEquals(await alerts(), []);
  await db.passTime("2 days");
  await db.sql`select engine.sweep()`;
  await watch();
  const [alert] = await alerts();
  assertEquals([alert?.kind, alert?.over, (await alerts()).length], ["standstill", true, 1]);
  assert(alert?.message.startsWith("The sweep stood still from 2026-06-15 11:09:00+00"), alert?.message);
  assertEquals((await posted()).length, 1);
});

Deno.test("a sweep that stands still while the watch goes on raises an alert that ends when it runs again", async () => {
  await db.sql`select engine.sweep()`;
  for (let minute = 0; minute < 20; minute++) {
    await watch();
    await db.passTime("1 minute");
  }
  assertEquals((await alerts()).map(({ kind, over }) => [kind, over]), [["standstill", false]]);
  await db.sql`select engine.sweep()`;
  await watch();
  assertEquals((await alerts()).map(({ kind, over }) => [kind, over]), [["standstill", true]]);
});

Deno.test("an alert that can't be sent still stands in its table", async () => {
  await setWebhook();
  await killChunk();
  await db.sql.unsafe(`
    create function testing.refuse() returns trigger language plpgsql as 'begin raise exception ''no way''; end';
    create trigger refuse before update on alert_messages for each row execute function testing.refuse();
  `);
  try {
    await watch();
  } finally {
    await db.sql.unsafe("drop function testing.refuse() cascade");
  }
  assertEquals((await alerts()).length, 1);
  assertEquals([...await posted()], []);
  await watch();
  assertEquals((await posted()).length, 1);
});

Deno.test("no alert and no message holds the webhook's address", async () => {
  await setWebhook();
  await killChunk();
  await watch();
  const rows = await db
    .sql`select to_jsonb(a)::text as row from alerts as a union all select to_jsonb(m)::text from alert_messages as m`;
  assertEquals(rows.filter(({ row }) => row.includes("secret-token")).length, 0);
});
