import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { claimed, start } from "./support/chunks.ts";

/** What `check_setup()` and the refusals are made of, each on its own. */
let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

const ROLLED_BACK = new Error("rolled back");

/** Runs something in a transaction that changes nothing. */
async function passing(work: (sql: typeof db.sql) => Promise<void>): Promise<void> {
  await assertRejects(
    () =>
      db.sql.begin(async (transaction) => {
        await work(transaction as unknown as typeof db.sql);
        throw ROLLED_BACK;
      }),
    Error,
    ROLLED_BACK.message,
  );
}

/** Stores races from a day on, 40 a day, with the goings that an expression of their number `n` gives. */
async function storeRaces(sql: typeof db.sql, races: number, day: string, going: string): Promise<void> {
  await sql`insert into ra_mst_courses (id, name) values ('crs_1', 'Ascot') on conflict do nothing`;
  await sql.unsafe(`
    insert into ra_races (id, course_id, region_code, race_date, going)
    select 'rac_${day}_' || n, 'crs_1', 'gb', date '${day}' + n / 40, ${going} from generate_series(1, ${races}) as n
  `);
}

interface Answer {
  readonly status_code?: number;
  readonly content?: string;
  readonly error_msg?: string;
  readonly timed_out?: boolean;
}

/** What a response is read as. */
async function read(answer: Answer, created = "now()"): Promise<Record<string, string | null>> {
  let result: Record<string, string | null> = {};
  await passing(async (sql) => {
    await sql`
      insert into net._http_response (id, status_code, content, error_msg, timed_out)
      values (
        7, ${answer.status_code ?? null}, ${answer.content ?? null}, ${answer.error_msg ?? null},
        ${answer.timed_out ?? false}
      )
    `;
    await sql.unsafe(`update net._http_response set created = ${created} where id = 7`);
    const [row] = await sql`select * from engine.read_response(7, now(), 'events')`;
    result = row as Record<string, string | null>;
  });
  return result;
}

const responses: [string, Answer][] = [
  ["answered", { status_code: 202 }],
  ["secret_differs", { status_code: 401, content: '{"message":"Unauthorized"}' }],
  ["clocks_differ", { status_code: 401, content: '{"message":"… or the clocks of the database and …"}' }],
  ["not_deployed", { status_code: 404, content: '{"code":"NOT_FOUND"}' }],
  ["setting_missing", { status_code: 500, content: '{"message":"A setting is missing; see the log"}' }],
  ["refused", { status_code: 500, content: "" }],
  ["does_not_start", { status_code: 503, content: '{"code":"BOOT_ERROR"}' }],
  ["no_database", { status_code: 503, content: '{"message":"The database can\'t be reached; see the log"}' }],
  ["refused", { status_code: 546 }],
  ["timed_out", { timed_out: true, error_msg: "Timeout of 5000 ms reached" }],
  ["no_host", { error_msg: "Couldn't resolve host name" }],
  ["no_connection", { error_msg: "Couldn't connect to server" }],
];

for (const [kind, answer] of responses) {
  Deno.test(`read_response() reads ${JSON.stringify(answer)} as ${kind}`, async () => {
    const said = await read(answer);
    assertEquals(said["kind"], kind);
    assertEquals([said["finding"] === null, said["what_to_do"] === null], Array(2).fill(kind === "answered"));
  });
}

Deno.test("read_response() takes no response of before a crash, and shows nothing strange that others wrote", async () => {
  assertEquals((await read({ status_code: 404 }, "now() - interval '2 minutes'"))["kind"], null);
  assertEquals((await read({ status_code: 404 }, "now() + interval '6 minutes'"))["kind"], null);
  const { finding } = await read({ error_msg: `<b>run this:</b> drop\u202e table "x" ${"y".repeat(500)}` });
  assertEquals(/[<>"\u202e]/.test(finding ?? ""), false, finding ?? "");
  assertEquals((finding ?? "").length < 200, true);
});

const pings = () =>
  db.sql`select function_name, request_id is not null as sent from engine.pings order by id`;

Deno.test("ping_functions() queues a signed ping to each function, keeps the last twenty, and claims nothing", async () => {
  for (let nth = 1; nth <= 22; nth++) await db.sql`select engine.ping_functions()`;
  const sent = await db.takeDispatches();
  assertEquals(sent.slice(0, 2).map(({ url, body }) => [url.replace(/.*\//, ""), body]), [
    ["events", { ping: 1 }],
    ["masters", { ping: 2 }],
  ]);
  assertEquals((await pings()).length, 40);
  assertEquals((await db.sql`select from engine.dispatches`).length, 0);
});

Deno.test("answer_ping() takes each report once, and only in its order", async () => {
  await db.sql`select engine.ping_functions()`;
  const came = () => db.worker`select answer_ping(1, clock_timestamp() + interval '20 seconds')::text as day`;
  const account = () =>
    db.worker`select answer_ping(1, clock_timestamp(), 'accepted', '/courses/regions', 200)::text as day`;
  assertEquals([...await account()], [{ day: null }]);
  assertEquals([...await came()], [{ day: "2026-06-15" }]);
  assertEquals([...await came()], [{ day: null }]);
  assertEquals([...await account()], [{ day: "2026-06-15" }]);
  assertEquals([...await account()], [{ day: null }]);
  assertEquals([...await db.worker`select answer_ping(99, now())::text as day`], [{ day: null }]);
  const [row] = await db.sql`
    select account, api_status, round(clock_ahead_seconds)::integer as ahead from engine.pings where id = 1
  `;
  assertEquals(row, { account: "accepted", api_status: 200, ahead: 20 });
});

Deno.test("what a function reported counts, whatever pg_net's table says", async () => {
  await db.sql`select engine.ping_functions()`;
  await db.worker`select answer_ping(1, clock_timestamp())`;
  await passing(async (sql) => {
    await sql`
      insert into net._http_response (id, status_code, content) select p.request_id, 404, '' from engine.pings as p
    `;
    const outcomes = await sql`select function_name, outcome from engine.ping_outcomes()`;
    assertEquals([...outcomes], [
      { function_name: "events", outcome: "reported" },
      { function_name: "masters", outcome: "not_deployed" },
    ]);
  });
});

const refusal = async (call: () => Promise<unknown>) =>
  await call().then(() => "", (error) => `${error.code}: ${error.message}. ${error.hint}`);
const STARTS: [string, () => Promise<unknown>][] = [
  ["backfill_start", () => db.sql`select backfill_start('2026-05-01', '2026-05-31', '{results}')`],
  ["backfill_start with the secret key", () => db.worker`select backfill_start('2026-05-01', '2026-05-31')`],
  ["pull_days", () => db.sql`select pull_days('2026-06-01')`],
  ["start_schedules", () => db.sql`select start_schedules()`],
];

for (const [name, call] of STARTS) {
  Deno.test(`${name} refuses to start where the tables show that nothing could work`, async () => {
    await db.withoutWorkerSecret(async () => {
      assertStringIncludes(
        await refusal(call),
        'PT424: Vault lacks the secret "worker_secret". Run "npx -y deno task setup"',
      );
    });
    await db.sql`select cron.unschedule('engine-tick')`;
    assertStringIncludes(await refusal(call), "PT424: The cron job engine-tick is gone");
    await db.sql`select engine.schedule_jobs()`;

    // No answer is no reason.
    await db.sql`select engine.ping_functions()`;
    await db.sql`insert into net._http_response (id, status_code) select request_id, 401 from engine.pings`;
    try {
      assertStringIncludes(
        await refusal(call),
        "PT424: The function events has another worker secret than Vault",
      );
    } finally {
      await db.sql`delete from net._http_response`;
    }
    assertEquals((await db.sql`select from backfill_runs`).length, 0);
  });
}

Deno.test("a ping that failed is no reason once a function has claimed since, nor an hour later", async () => {
  await db.sql`select engine.ping_functions()`;
  await db.worker`select answer_ping(p.id, clock_timestamp()) from engine.pings as p`;
  await db.worker`
    select answer_ping(p.id, clock_timestamp(), 'refused', '/racecards/pro', 401, 'The account is refused')
    from engine.pings as p
  `;
  const [start_] = STARTS;
  assertStringIncludes(
    await refusal(start_![1]),
    "PT424: The account is refused. Put the right RACING_API_USERNAME",
  );
  await db.sql`update engine.pings set queued_at = queued_at - interval '61 minutes'`;
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  await db.sql`update engine.pings set queued_at = queued_at + interval '61 minutes'`;
  await db.passTime("1 second");
  await claimed(db.worker, "results");
  // events has claimed; masters still refuses.
  await db.sql`delete from engine.pings where function_name = 'masters'`;
  await db.sql`select backfill_start('2026-04-01', '2026-04-30', '{results}')`;
});

/** A ping to each function, after which The Racing API refused the account that `events` has. */
async function refusedAccount(): Promise<void> {
  await db.sql`select engine.ping_functions()`;
  await db.worker`select answer_ping(p.id, clock_timestamp()) from engine.pings as p`;
  await db.worker`
    select answer_ping(
      p.id, clock_timestamp(), case p.function_name when 'events' then 'refused' else 'accepted' end,
      '/x', 401, 'The account is refused'
    )
    from engine.pings as p
  `;
}
const refusedFor = (feeds: string) =>
  refusal(() => db.sql.unsafe(`select engine.refuse_broken_setup('{${feeds}}')`));

Deno.test("a ping that failed is a reason only for the feeds of its function", async () => {
  await refusedAccount();
  assertEquals(await refusedFor("masters"), "");
  assertStringIncludes(await refusedFor("masters,results"), "PT424: The account is refused");
  await db.sql`select pull_masters()`;
});

const MENDED: [string, string][] = [
  [
    "a new entry in Vault",
    "select vault.update_secret(id, new_secret => null) from vault.secrets where name = 'worker_secret'",
  ],
  [
    "a deployment",
    "insert into engine.deployments (function_name, source_hash, version) values ('events', '', 1)",
  ],
  ["a newer ping, not yet answered", "select engine.ping_functions()"],
];
for (const [what, mend] of MENDED) {
  Deno.test(`a ping that failed is no reason after ${what}`, async () => {
    await db.sql`
      insert into engine.deployments (function_name, source_hash, version, deployed_at)
      values ('masters', '', 1, engine.clock() - interval '1 minute')
    `;
    try {
      await refusedAccount();
      assertStringIncludes(await refusedFor("results"), "PT424: The account is refused");
      await db.sql.unsafe(mend);
      assertEquals(await refusedFor("results"), "");
    } finally {
      await db.sql`delete from engine.deployments`;
    }
  });
}

Deno.test("who asks every five seconds still gets to know that a function is mute", async () => {
  const outcome = async () =>
    (await db.sql`select outcome from engine.ping_outcomes() where function_name = 'events'`)[0]?.["outcome"];
  for (let nth = 0; nth < 8; nth++) {
    await db.sql`update engine.pings set queued_at = queued_at - interval '5 seconds'`;
    await db.sql`select engine.ping_functions()`;
    assertEquals(await outcome(), nth < 6 ? "pending" : "not_sent");
  }
  // A report counts more than the silence before it, and an hour later nothing of all that counts.
  await db
    .worker`select answer_ping(max(p.id), clock_timestamp()) from engine.pings as p where function_name = 'events'`;
  assertEquals(await outcome(), "reported");
  await db.sql`update engine.pings set queued_at = queued_at - interval '61 minutes'`;
  assertEquals(await outcome(), undefined);
});

Deno.test("no feed can be called ping, which is what a ping is signed with", async () => {
  await assertRejects(
    () => db.sql`update engine.feeds set name = 'ping' where name = 'masters'`,
    Error,
    "feeds_ping_is_no_feed",
  );
});

Deno.test("schedule_jobs() puts back what is gone, takes away what earlier versions had, and changes nothing when called again", async () => {
  const jobs = () =>
    db.sql`select jobname, schedule, command from cron.job where jobname like 'engine-%' order by jobname`;
  const before = [...await jobs()];
  assertEquals(before.map(({ jobname }) => jobname), ["engine-tick", "engine-upkeep"]);
  await db.sql`select cron.unschedule(jobname) from cron.job where jobname like 'engine-%'`;
  for (const retired of ["sweep", "watch", "pulls"]) {
    await db.sql`select cron.schedule(${`engine-${retired}`}, '* * * * *', 'select 1')`;
  }
  await db.sql`select engine.schedule_jobs()`;
  await db.sql`select engine.schedule_jobs()`;
  assertEquals([...await jobs()], before);
});

Deno.test("check_net() fails when a ping waits in pg_net's queue for more than a minute", async () => {
  const state = async () => (await db.sql`select state from engine.check_net()`)[0]?.["state"];
  await db.sql`select engine.ping_functions()`;
  assertEquals(await state(), "ok");
  await db.sql`update engine.pings set queued_at = queued_at - interval '61 seconds'`;
  assertEquals(await state(), "failed");
});

Deno.test("check_net() calls no request late that got the id of one from before a crash", async () => {
  const state = async () => (await db.sql`select state from engine.check_net()`)[0]?.["state"];
  await db.sql`select engine.ping_functions()`;
  await db.sql`
    insert into engine.dispatches (feed, request_id, queued_at)
    select 'results', p.request_id, now() - interval '10 minutes' from engine.pings as p
  `;
  assertEquals(await state(), "ok");
  await db.sql`delete from engine.pings`;
  assertEquals(await state(), "failed");
});

Deno.test("check_size() warns from 80 % of the limit and fails from 95 %, in megabytes of a million bytes", async () => {
  const [size] = await db.sql<{ megabytes: number }[]>`
    select (pg_database_size(current_database()) / 1e6)::float8 as megabytes
  `;
  const judged = async (share: number) => {
    await db.sql`update backfill_settings set database_limit_megabytes = ${
      Math.round((size?.megabytes ?? 0) / share)
    }`;
    return (await db.sql`select state from engine.check_size()`)[0]?.["state"];
  };
  assertEquals([await judged(0.5), await judged(0.87), await judged(1.2)], ["ok", "warning", "failed"]);
  await assertRejects(() => db.sql`update backfill_settings set database_limit_megabytes = 0`);
});

Deno.test("check_grants() says when the functions' role may not read how large the database is", async () => {
  await db.admin.begin(async (sql) => {
    const [database] = await sql`select current_database() as name`;
    const name = database?.["name"];
    await sql.unsafe(`revoke connect on database ${name} from public, service_role`);
    const judged = async () => (await sql`select state, finding, what_to_do from engine.check_grants()`)[0];
    const { what_to_do, ...lacking } = await judged() ?? {};
    assertEquals(lacking, {
      state: "failed",
      finding:
        "The role service_role has no right to connect to the database, so it can't read how large that is.",
    });
    assertEquals(what_to_do, `Give it back: grant connect on database ${name} to service_role;`);
    await sql.unsafe(what_to_do.slice("Give it back: ".length));
    assertEquals((await judged())?.["state"], "ok");
    // Such a role may read the size of each database.
    await sql.unsafe(`
      revoke connect on database ${name} from service_role;
      alter role service_role inherit;
      grant pg_read_all_stats to service_role;
    `);
    assertEquals((await judged())?.["state"], "ok");
    throw ROLLED_BACK;
  }).catch((error) => {
    if (error !== ROLLED_BACK) throw error;
  });
});

Deno.test("check_cron() asks for the pulls only while the schedules are on, and shows a run that failed", async () => {
  const rows = async () =>
    Object.fromEntries(
      (await db.sql`select part, state, finding from engine.check_cron()`).map((row) => [row["part"], row]),
    );
  await db.sql`select stop_schedules()`;
  assertEquals("tick: pulls" in await rows(), false);
  await db.sql`select start_schedules()`;
  assertEquals("tick: pulls" in await rows(), true);
  await db.sql`select stop_schedules()`;
  await passing(async () => {
    // On a server with the real pg_cron the jobs are switched off while it is tested.
    const [job] = await db.admin`select active from cron.job where jobname = 'engine-tick'`;
    await db.admin`update cron.job set active = true where jobname = 'engine-tick'`;
    await db.admin`
      insert into cron.job_run_details (jobid, runid, command, username, status, return_message, start_time)
      select j.jobid, 1000000, '', j.username, 'failed', 'ERROR:  it broke', now()
      from cron.job as j where j.jobname = 'engine-tick'
    `;
    const tick = (await rows())["cron: engine-tick"];
    await db.admin`delete from cron.job_run_details where runid = 1000000`;
    await db.admin`update cron.job set active = ${job?.["active"]} where jobname = 'engine-tick'`;
    assertEquals(tick?.["state"], "failed");
    assertStringIncludes(tick?.["finding"], "ERROR:  it broke");
  });
});

Deno.test("check_goings() names goings without a rank, old and new, and is well once they have one or are gone", async () => {
  await storeRaces(
    db.sql,
    3000,
    "2019-03-01",
    "case n % 3 when 0 then 'Good' when 1 then 'Standard / Slow' end",
  );
  await storeRaces(db.sql, 30, "2019-04-01", "'Holding'");
  await storeRaces(db.sql, 1, "2026-06-14", "'Sticky'");
  const judged = async () => (await db.sql`select state, finding, what_to_do from engine.check_goings()`)[0];
  // The planner has not looked yet.
  assertStringIncludes((await judged())?.["finding"], 'does not know "Sticky": ');
  await db.sql`analyze ra_races`;
  const found = await judged();
  assertEquals(found?.["state"], "warning");
  assertStringIncludes(found?.["finding"], 'racing.goings does not know "Holding", "Sticky": ');
  const [, statement = ""] = /^Say where each belongs, as in: (.+?;) /.exec(found?.["what_to_do"]) ?? [];
  try {
    await db.sql.unsafe(statement);
    assertStringIncludes((await judged())?.["finding"], 'does not know "Sticky": ');
    // The planner still remembers the word.
    await db.sql`delete from racing.goings where key = 'holding'`;
    await db.sql`update ra_races set going = 'Heavy' where going in ('Holding', 'Sticky')`;
    assertEquals((await judged())?.["state"], "ok");
  } finally {
    await db.sql`delete from racing.goings where key = 'holding'`;
  }
});

Deno.test("check_goings() reads the races of the past month, and no others", async () => {
  await storeRaces(db.sql, 5000, "2019-03-01", "case n % 2 when 0 then 'Good' else 'Soft' end");
  await storeRaces(db.sql, 20, "2026-06-01", "'Good'");
  await db.sql`analyze ra_races`;
  const read = await db.sql.begin(async (sql) => {
    const rows = async () =>
      Number(
        (await sql`
          select seq_tup_read + coalesce(idx_tup_fetch, 0) as rows from pg_catalog.pg_stat_xact_user_tables
          where relid = 'public.ra_races'::regclass
        `)[0]?.["rows"] ?? 0,
      );
    // What the session did before may be counted still.
    const before = await rows();
    await sql`select engine.check_goings()`;
    return await rows() - before;
  });
  assertEquals(read, 20);
});
