import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { claimed, start } from "./support/chunks.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await db.sql`select stop_schedules()`;
});

const statement = async () =>
  (await db.sql<{ text: string }[]>`select engine.tick_statement() as text`)[0]?.text ?? "";
const tick = async () => await db.sql.unsafe(await statement());
const partsDue = async () =>
  (await db.sql<{ parts: string[] }[]>`select engine.take_parts_due() as parts`)[0]?.parts;

/** When each part last ran, as minutes since the first of them did. */
async function lastRuns(): Promise<Record<string, number>> {
  const beats = await db.sql<{ name: string; minute: number }[]>`
    select name, (extract(epoch from beat_at - (select min(beat_at) from engine.heartbeats)) / 60)::integer as minute
    from engine.heartbeats
  `;
  return Object.fromEntries(beats.map(({ name, minute }) => [name, minute]));
}

/** Breaks a function of the engine until the work is done. */
async function whileBroken(name: string, work: () => Promise<void>): Promise<void> {
  const [known] = await db.sql<{ definition: string }[]>`
    select pg_get_functiondef(${`${name}()`}::regprocedure) as definition
  `;
  const definition = known?.definition ?? "";
  await db.sql.unsafe(
    definition.replace(
      /AS \$function\$[^]*\$function\$/,
      () => "AS $function$ begin raise exception 'It broke' using hint = 'Mend it.'; end $function$",
    ),
  );
  try {
    await work();
  } finally {
    await db.sql.unsafe(definition);
  }
}

const checks = async () =>
  Object.fromEntries(
    (await db.sql<{ part: string; state: string; finding: string }[]>`
      select part, state, finding from engine.check_parts()
    `).map(({ part, state, finding }) => [part, { state, finding }]),
  );

Deno.test("one job each minute runs all parts", async () => {
  const jobs = await db
    .sql`select schedule, command from cron.job where jobname like 'engine-%' and schedule = '* * * * *'`;
  assertEquals([...jobs], [{ schedule: "* * * * *", command: await statement() }]);
  await tick();
  assertEquals(await lastRuns(), { sweep: 0, watch: 0 });
  await db.sql`select start_schedules()`;
  await tick();
  assertEquals(await lastRuns(), { sweep: 0, pulls: 0, watch: 0 });
});

Deno.test("with nothing to do the parts rest for a quarter of an hour", async () => {
  await tick();
  const due: string[] = [];
  for (let minute = 1; minute <= 15; minute++) {
    await db.passTime("1 minute");
    const parts = await partsDue();
    if (parts?.length) due.push(`${minute}: ${parts}`);
  }
  assertEquals(due, ["15: sweep,watch"]);
});

Deno.test("work wakes the sweep and the watch, and keeps them awake until it is done", async () => {
  await tick();
  await db.passTime("1 minute");
  assertEquals(await partsDue(), []);
  const run = await start(db.sql, "2026-05-01", "2026-05-01", { feeds: ["results"] });
  assertEquals(await partsDue(), ["sweep", "watch"]);
  assertEquals(await partsDue(), []);
  await db.sql`insert into engine.wakeups default values`;
  for (let minute = 1; minute <= 3; minute++) {
    await tick();
    await db.passTime("1 minute");
    assertEquals(await partsDue(), ["sweep", "watch"], `minute ${minute}`);
  }
  await db.sql`select backfill_cancel(${run})`;
  // Once more, for what the end may have brought.
  await tick();
  await db.passTime("1 minute");
  assertEquals(await partsDue(), []);
});

Deno.test("a chunk that is retried wakes the tick", async () => {
  const run = await start(db.sql, "2026-05-01", "2026-05-01", { feeds: ["results"] });
  const chunk = await claimed(db.worker, "results");
  await db
    .worker`select fail_chunk(${chunk.chunk_id}, ${chunk.lease_token}, 'chunk', 'No race could be read')`;
  await tick();
  await db.sql`update alerts set resolved_at = raised_at`;
  await tick();
  await db.sql`update engine.heartbeats set due_at = engine.clock() + interval '10 minutes'`;
  assertEquals(await partsDue(), []);
  await db.sql`select backfill_retry(${run})`;
  assertEquals(await partsDue(), ["sweep", "watch"]);
});

Deno.test("schedules are looked at when one is due, and at once when they are changed", async () => {
  await db.sql`select start_schedules()`;
  await tick();
  await tick();
  await db
    .sql`update backfill_progress set state = 'cancelled', ended_at = engine.clock() where state = 'waiting'`;
  await tick();
  await db.sql`delete from alerts`;
  await tick();
  // It is 12:00; day_cards are due at 12:30.
  await db.setTime("2026-06-15T11:16:00Z");
  await tick();
  await db.setTime("2026-06-15T11:29:00Z");
  assertEquals(await partsDue(), []);
  await db.setTime("2026-06-15T11:30:00Z");
  assertEquals((await partsDue())?.includes("pulls"), true);
  await tick();
  await db.sql`update pull_schedules set last_due_at = engine.clock()`;
  await db.sql`update engine.heartbeats set due_at = engine.clock() + interval '10 minutes'`;
  await db.sql`delete from engine.wakeups`;
  // What a pull notes is no change.
  await db.sql`update pull_schedules set last_due_at = engine.clock()`;
  assertEquals(await partsDue(), []);
  await db.sql`update pull_schedules set enabled = enabled where name = 'gaps'`;
  assertEquals(await partsDue(), ["sweep", "pulls", "watch"]);
});

Deno.test("an open alert keeps the watch awake", async () => {
  await db.sql`select engine.note_alert('gap', 'a test', 'A test.', false)`;
  await db.sql`
    insert into engine.gap_pulls (feed, day, tries, last_try_at, given_up_at)
    values ('results', '2026-06-14', 9, engine.clock(), engine.clock())
  `;
  await tick();
  await db.passTime("1 minute");
  assertEquals(await partsDue(), ["watch"]);
});

for (
  const [part, name] of [["sweep", "engine.sweep"], ["pulls", "engine.start_due_pulls"], [
    "watch",
    "engine.watch",
  ]] as const
) {
  Deno.test(`a failing ${part} stops no other part, is told by the job and by check_setup(), and is run again by each tick`, async () => {
    await db.sql`select start_schedules()`;
    await tick();
    await db.passTime("1 minute");
    await whileBroken(name, async () => {
      for (let minute = 0; minute < 2; minute++) {
        const error = await assertRejects(tick, Error, `${part}: It broke. Mend it.`) as Error & {
          code?: string;
        };
        assertEquals(error.code, "P0001");
        await db.passTime("1 minute");
      }
      const late = Object.entries(await lastRuns()).filter(([, minute]) => minute === 0).map(([one]) => one);
      assertEquals(late, [part]);
      const checked = (await checks())[`tick: ${part}`];
      assertEquals(checked?.state, "failed");
      assertStringIncludes(checked?.finding ?? "", "It broke. Mend it.");
      for (let minute = 0; minute < 15; minute++) {
        await assertRejects(tick);
        await db.passTime("1 minute");
      }
      const told = await db.sql<{ subject: string; message: string }[]>`
        select subject, message from alerts where kind = 'standstill' and resolved_at is null
      `;
      assertEquals(told.map(({ subject }) => subject), [
        { sweep: "the sweep", pulls: "the schedules", watch: "the alerts" }[part],
      ]);
      assertStringIncludes(told[0]?.message ?? "", "The last error: It broke. Mend it.");
    });
    await tick();
    await tick();
    assertEquals((await checks())[`tick: ${part}`]?.state, "ok");
    const open = await db.sql`select from alerts where kind = 'standstill' and resolved_at is null`;
    assertEquals(open.length, 0);
  });
}

Deno.test("a statement timeout in one part lets the others run", async () => {
  await tick();
  await db.passTime("20 minutes");
  await db.sql.reserve().then(async (session) => {
    const [known] = await session<{ definition: string }[]>`
      select pg_get_functiondef('engine.sweep()'::regprocedure) as definition
    `;
    await session.unsafe(
      (known?.definition ?? "").replace(
        /AS \$function\$[^]*\$function\$/,
        () => "AS $function$ begin perform pg_sleep(60); end $function$",
      ),
    );
    try {
      await session`set statement_timeout = '200ms'`;
      await assertRejects(
        async () => await session.unsafe(await statement()),
        Error,
        "sweep: canceling statement due to statement timeout",
      );
    } finally {
      await session`reset statement_timeout`;
      await session.unsafe(known?.definition ?? "");
      session.release();
    }
  });
  assertEquals(await lastRuns(), { sweep: 0, watch: 20 });
});

Deno.test("what one part has stored stays when a later one fails, and its locks are free", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.takeDispatches();
  await whileBroken("engine.watch", async () => {
    await assertRejects(tick, Error, "watch: It broke");
  });
  assert((await db.takeDispatches()).length > 0);
});

Deno.test("the upkeep tells that the tick stands still, and the next tick that it goes on", async () => {
  await tick();
  await db.passTime("20 minutes");
  await db.sql`select engine.note_silent_tick()`;
  assertEquals((await db.sql`select from alerts`).length, 0, "it was due a few minutes ago");
  await db.passTime("1 day");
  // As on a server that runs for longer than this one.
  await db.sql`select * from engine.purge()`;
  const isYoung = (await db.sql<{ young: boolean }[]>`
    select pg_postmaster_start_time() > clock_timestamp() - interval '10 minutes' as young
  `)[0]?.young;
  const told = () =>
    db.sql<{ over: boolean }[]>`
    select resolved_at is not null as over from alerts where subject = 'the tick'
  `;
  assertEquals([...await told()], isYoung ? [] : [{ over: false }]);
  await tick();
  assertEquals([...await told()], isYoung ? [] : [{ over: true }]);
});

Deno.test("within a transaction a tick is refused, for its parts would share one", async () => {
  await assertRejects(
    () => db.sql.begin(async (transaction) => await transaction.unsafe(await statement())),
    Error,
    "invalid transaction termination",
  );
});
