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
    select kind, subject, message, resolved_at is not null as over from alerts order by id
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

Deno.test("when nothing is wrong there is no alert and no message", async () => {
  await setWebhook();
  await watch();
  await watch();
  assertEquals(await alerts(), []);
  assertEquals([...await posted()], []);
});

Deno.test("dead chunks raise one alert, not one a minute, and one more message when it is resolved", async () => {
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
      `Once that is fixed: select backfill_retry(${run}); or to leave it: select backfill_cancel(${run});`,
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
  assert(texts[1]?.startsWith("Resolved: dead chunks (run 1, results), since "), texts.join("\n"));
});

Deno.test("a message is sent again until the webhook accepts it, at most five times", async () => {
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
  const [message] = await db.sql`select tries, delivered_at is not null as closed from engine.alert_messages`;
  assertEquals({ ...message }, { tries: 5, closed: true });
});

/** What a crash of the database does to pg_net's tables and ids, and to our unlogged tables. */
async function crash(): Promise<void> {
  const lost = await db.sql<{ name: string }[]>`
    select c.oid::regclass::text as name
    from pg_catalog.pg_class as c
    where c.relkind = 'r' and c.relpersistence = 'u' and c.relnamespace in ('net'::regnamespace, 'engine'::regnamespace)
  `;
  assertEquals(lost.map(({ name }) => name).toSorted(), [
    "engine.alert_requests",
    "net._http_response",
    "net.http_request_queue",
  ]);
  await db.admin.unsafe(`truncate ${lost.map(({ name }) => name).join(", ")} restart identity`);
}

Deno.test("a message lost in a crash is sent again, even if another request has its id by now", async () => {
  await setWebhook();
  await db.admin.unsafe("truncate net.http_request_queue restart identity");
  await killChunk();
  await db.takeDispatches();
  await db.admin.unsafe("truncate net.http_request_queue restart identity");
  await watch();
  assertEquals((await posted()).map(({ id }) => id), [1]);
  await crash();
  // The first request since then is another one, and was answered with success.
  await db.sql`select net.http_post('http://127.0.0.1:9/another')`;
  await db.sql`insert into net._http_response (id, status_code) values (1, 200)`;
  await watch();
  const again = (await posted()).filter(({ url }) => url === WEBHOOK);
  assertEquals(again.length, 1);
  const undelivered = () => db.sql`select from engine.alert_messages where delivered_at is null`;
  assertEquals((await undelivered()).length, 1);
  await db.sql`insert into net._http_response (id, status_code) values (${again[0]?.id ?? 0}, 200)`;
  await watch();
  assertEquals((await undelivered()).length, 0);
  assertEquals((await db.sql`select from engine.alert_requests`).length, 0);
});

Deno.test("an answer from before a message was queued is not the message's", async () => {
  await setWebhook();
  await killChunk();
  await watch();
  const [message] = await posted();
  await db.sql`
    insert into net._http_response (id, status_code, created) values (${
    message?.id ?? 0
  }, 200, now() - interval '1 hour')
  `;
  await watch();
  assertEquals((await db.sql`select from engine.alert_messages where delivered_at is null`).length, 1);
});

Deno.test("without a webhook alerts stay in their table, and a webhook set up later gets none older than a day", async () => {
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
    "resolved_at",
    "subject",
  ]);
  assertEquals([message?.body["phase"], message?.body["kind"]], ["raised", "dead_chunks"]);
});

Deno.test("alert_body() says in one text what is wrong and that it is resolved, and has it all in fields for json", async () => {
  const body = async (phase: string, format: string) => {
    const [row] = await db.sql<{ body: Record<string, string | null> }[]>`
      select engine.alert_body(
        row(
          7, 'unknown_field', 'results result.mood', 'The API sends "mood": 100 % new.',
          '2026-06-15 10:00:00+00', '2026-06-15 11:00:00+00'
        )::alerts, ${phase}, ${format}
      ) as body
    `;
    return row?.body;
  };
  assertEquals(await body("raised", "slack"), {
    text: 'unknown field (results result.mood): The API sends "mood": 100 % new.',
  });
  assertEquals(await body("resolved", "slack"), {
    text: "Resolved: unknown field (results result.mood), since 2026-06-15 11:00:00+00",
  });
  assertEquals(await body("raised", "json"), {
    phase: "raised",
    kind: "unknown_field",
    subject: "results result.mood",
    message: 'The API sends "mood": 100 % new.',
    raised_at: "2026-06-15T10:00:00+00:00",
    resolved_at: "2026-06-15T11:00:00+00:00",
  });
  assertEquals((await body("resolved", "json"))?.["phase"], "resolved");
});

Deno.test("a paused run, rejects and an unknown field each raise an alert, which is resolved", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`select backfill_pause(${run})`;
  await db.sql`
    insert into ingest_rejects (feed, kind, race_id, race_date, path, reason, raw, fingerprint)
    select 'results', 'runner', 'rac_1', day, 'runners[0].horse_id', 'horse_id is missing.', '{}', day
    from unnest(array['2026-06-14', '2026-05-01']::date[]) as day
  `;
  await db.sql`
    insert into ingest_unknown_fields (feed, object, field, times_seen, first_value, newest_value)
    values ('results', 'result_runner', 'mood', 12, '"calm"', '{"now": "100 % keen"}')
  `;
  await watch();
  assertEquals((await alerts()).map(({ kind, subject }) => `${kind}: ${subject}`).toSorted(), [
    "paused: run 1",
    "rejects: results, met on 2026-06-15",
    "unknown_field: results result_runner.mood",
  ]);
  const messageOf = async (kind: string) => (await alerts()).find((alert) => alert.kind === kind)?.message;
  assertEquals(
    await messageOf("rejects"),
    "Not understood: 2 rows of results, first met on 2026-06-15, the first because: horse_id is missing. " +
      "See ingest_rejects. When you have looked: update ingest_rejects set acknowledged_at = now() " +
      "where feed = 'results' and engine.london_day(first_seen_at) = '2026-06-15' and acknowledged_at is null;",
  );
  assertEquals(
    await messageOf("unknown_field"),
    'The API sends a field that is not stored: mood of result_runner (results), first with "calm", now with ' +
      '{"now": "100 % keen"}. When you have looked: ' +
      "update ingest_unknown_fields set acknowledged_at = now() " +
      "where feed = 'results' and object = 'result_runner' and field = 'mood';",
  );
  await db.sql`select backfill_resume(${run})`;
  // As an operator who follows the messages.
  for (const kind of ["rejects", "unknown_field"]) {
    const [, statement = ""] = (await messageOf(kind))?.split("When you have looked: ") ?? [];
    await db.sql.unsafe(statement);
  }
  await watch();
  assertEquals((await alerts()).map(({ over }) => over), [true, true, true]);
});

/** Makes rejects of results, each with its own reason. */
const meet = (rows: number) =>
  db.sql`
    insert into ingest_rejects (feed, kind, race_id, race_date, path, reason, raw, fingerprint)
    select 'results', 'runner', 'rac_' || nth, '2026-05-01', 'runners[0].horse_id', 'horse_id is missing', '{}', gen_random_uuid()
    from generate_series(1, ${rows}::integer) as nth
  `;
const acknowledge = () => db.sql`update ingest_rejects set acknowledged_at = engine.clock()`;
const aboutRejects = async () =>
  (await alerts()).filter(({ kind }) => kind === "rejects").map(({ subject, over }) => [subject, over]);

Deno.test("rejects are one message a day and feed, and one more at a hundred and at a thousand", async () => {
  await setWebhook();
  await meet(1);
  await watch();
  await meet(5);
  await watch();
  assertEquals(await aboutRejects(), [["results, met on 2026-06-15", false]]);
  await db.passTime("1 day");
  await meet(5000);
  await watch();
  await watch();
  assertEquals(await aboutRejects(), [
    ["results, met on 2026-06-15", false],
    ["results, met on 2026-06-16", false],
    ["results, met on 2026-06-16, 100 or more", false],
    ["results, met on 2026-06-16, more than 1,000", false],
  ]);
  assertEquals((await db.sql`select from engine.alert_messages`).length, 4);
  const [, flood] = await alerts();
  assert(flood?.message.startsWith("Not understood: more than 1,000 rows of results,"), flood?.message);
});

Deno.test("acknowledged rejects resolve their alert, and a later one raises another", async () => {
  await meet(3);
  await watch();
  await acknowledge();
  await watch();
  assertEquals(await aboutRejects(), [["results, met on 2026-06-15", true]]);
  await meet(1);
  await watch();
  assertEquals(await aboutRejects(), [
    ["results, met on 2026-06-15", true],
    ["results, met on 2026-06-15", false],
  ]);
});

Deno.test("an acknowledged reject that comes again raises nothing, unless its reason is another one", async () => {
  const met = (reason: string) =>
    db.worker`
      select engine.store_rejects(
        ${
      db.worker.json([{ kind: "race", race_id: "rac_1", race_date: "2026-05-01", path: "", reason, raw: {} }])
    }, '{}'::text[], '{}'::text[], 'results', null, null
      )
    `;
  await met("No course");
  await acknowledge();
  await met("No course");
  await watch();
  assertEquals(await aboutRejects(), []);
  await met("No date");
  await watch();
  assertEquals(await aboutRejects(), [["results, met on 2026-06-15", false]]);
});

Deno.test("a reject that a later pull understands resolves its alert", async () => {
  await meet(1);
  await watch();
  await db.worker`select engine.store_rejects('[]', array['rac_1'], '{}'::text[], 'results', null, null)`;
  await watch();
  assertEquals(await aboutRejects(), [["results, met on 2026-06-15", true]]);
});

Deno.test("the watch reads no reject that was acknowledged, and of the others a thousand a day", async () => {
  await meet(2000);
  await acknowledge();
  await meet(3000);
  await db.sql`analyze ingest_rejects`;
  const plan = await db.sql<{ "QUERY PLAN": string }[]>`
    explain (analyze, timing off, summary off) select feed, met_on, rows_counted from engine.unread_rejects
  `;
  const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
  assert(!/Seq Scan on (?!feeds)/.test(text), text);
  const most = Math.max(
    ...[...text.matchAll(/ingest_rejects.*rows=(\d+)(?:\.\d+)? loops/g)].map(([, rows]) => Number(rows)),
  );
  assertEquals(most, 1001, text);
});

Deno.test("the command in an unknown field's alert resolves that alert alone, for any name of the field", async () => {
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

Deno.test("unanswered dispatches raise an alert after two minutes, one lost dispatch does not", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.passTime("1 minute");
  await db.sql`select engine.sweep()`;
  await watch();
  assertEquals(await alerts(), []);
  await db.passTime("3 minutes");
  await db.sql`select engine.sweep()`;
  await watch();
  assertEquals((await alerts()).map(({ kind, subject }) => [kind, subject]), [[
    "unanswered_dispatches",
    "results",
  ]]);
  await claimed(db.worker, "results");
  await watch();
  assertEquals((await alerts()).map(({ over }) => over), [true]);
});

Deno.test("dispatches that cannot be sent because a Vault secret is missing raise the same alert, for as long as it lasts", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.withoutWorkerSecret(async () => {
    for (let minute = 0; minute < 200; minute++) {
      await db.passTime("1 minute");
      await db.sql`select engine.sweep()`;
      await watch();
    }
  });
  const reason = 'No dispatch could be sent: Vault lacks the secret "worker_secret". ' +
    'Run "npx -y deno task setup"; with only the SQL editor, fill in supabase/snippets/set_up.sql and run it.';
  assertEquals((await alerts()).map(({ kind, message, over }) => [kind, message, over]), [
    ["unanswered_dispatches", reason, false],
  ]);
  const [status] = await db.sql`select what_to_do from backfill_status`;
  assertEquals(status?.["what_to_do"], reason);
  // Once when the dispatch in transit is known to be lost, then each hour.
  const errors = await db.sql<{ message: string }[]>`select message from ingest_errors order by id`;
  assertEquals(errors.map(({ message }) => message === reason), [false, true, true, true, true]);
});

Deno.test("scheduled pulls that are paused one after another are one alert", async () => {
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
    message: "The API answered 401. The next pull of these days tries again by itself.",
    over: false,
  }]);
});

Deno.test("scheduled pulls that die one after another are one alert a feed", async () => {
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

Deno.test("switching the schedules on raises no alert that they are late", async () => {
  for (let minute = 0; minute < 60; minute += 5) {
    await watch();
    await db.passTime("5 minutes");
  }
  await db.sql`select start_schedules()`;
  await db.sql`select engine.start_due_pulls()`;
  await watch();
  assertEquals(await alerts(), []);
});

Deno.test("old days that were given up are one alert, not one each", async () => {
  await db.sql`
    insert into engine.gap_pulls (feed, day, tries, last_try_at, given_up_at)
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
    insert into engine.gap_pulls (feed, day, tries, last_try_at, given_up_at)
    values ('results', '2026-06-10', 3, engine.clock(), engine.clock())
  `;
  await watch();
  assertEquals(
    (await alerts())[0]?.message,
    "Still missing after 3 nightly pulls: the results of 2026-06-10. " +
      "See coverage_gaps; to try again: select pull_days('2026-06-10');",
  );
});

Deno.test("late data raises an alert, but not before a project that has just woken up had time to pull it", async () => {
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

Deno.test("a sweep that stopped says so in one message when it runs again", async () => {
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
  assert(alert?.message.startsWith("The sweep did not run from 2026-06-15 11:23:30+00"), alert?.message);
  assertEquals((await posted()).length, 1);
});

Deno.test("a sweep that stops while the watch goes on raises an alert that is resolved when it runs again", async () => {
  await db.sql`select engine.sweep()`;
  for (let minute = 0; minute < 30; minute++) {
    await watch();
    await db.passTime("1 minute");
  }
  assertEquals((await alerts()).map(({ kind, over }) => [kind, over]), [["standstill", false]]);
  await db.sql`select engine.sweep()`;
  await watch();
  assertEquals((await alerts()).map(({ kind, over }) => [kind, over]), [["standstill", true]]);
});

Deno.test("an alert that can't be sent stays in its table", async () => {
  await setWebhook();
  await killChunk();
  await db.sql.unsafe(`
    create function testing.refuse() returns trigger language plpgsql as 'begin raise exception ''no way''; end';
    create trigger refuse before update on engine.alert_messages for each row execute function testing.refuse();
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

Deno.test("a locked alert does not keep others from being resolved", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`select backfill_pause(${run})`;
  await meet(1);
  await watch();
  await db.sql`select backfill_resume(${run})`;
  await acknowledge();
  await db.sql.begin(async (transaction) => {
    await transaction`select from alerts where kind = 'paused' for update`;
    await watch();
    assertEquals((await alerts()).map(({ kind, over }) => [kind, over]).toSorted(), [
      ["paused", false],
      ["rejects", true],
    ]);
  });
  await watch();
  assertEquals((await alerts()).map(({ over }) => over), [true, true]);
});

Deno.test("an alert or a message that is locked keeps no other from being raised and sent", async () => {
  await setWebhook();
  const run = await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`select backfill_pause(${run})`;
  await watch();
  const before = (await posted()).length;
  // As if it had been lost: due to be sent again.
  await db.sql`delete from engine.alert_requests`;
  await meet(1);
  await db.sql.begin(async (transaction) => {
    await transaction`update alerts set message = message where kind = 'paused'`;
    await transaction`update engine.alert_messages set tries = tries`;
    await watch();
    assertEquals((await alerts()).map(({ kind }) => kind).toSorted(), ["paused", "rejects"]);
    assertEquals((await posted()).length, before + 1);
  });
});

Deno.test("no alert and no message holds the webhook's address", async () => {
  await setWebhook();
  await killChunk();
  await watch();
  const rows = await db
    .sql`select to_jsonb(a)::text as row from alerts as a union all select to_jsonb(m)::text from engine.alert_messages as m`;
  assertEquals(rows.filter(({ row }) => row.includes("secret-token")).length, 0);
});
