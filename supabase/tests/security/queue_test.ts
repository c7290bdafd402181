import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import { startTestDatabase, type TestDatabase } from "../support/test_database.ts";
import { SecretSearch } from "./support/search.ts";
import { chunkRow, claimed, start } from "../support/chunks.ts";

/**
 * pg_net's own script grants everything on its tables to everybody, and only their owner, which the role postgres is
 * not, could take it back. So these tests are about what a login for reading racing data can do with the queue.
 */
const SNIPPET = new URL("../../snippets/read_only_role.sql", import.meta.url);

let db: TestDatabase;
let reader: Sql;
Deno.test.beforeAll(async () => {
  db = await startTestDatabase();
  await db.sql.unsafe(await Deno.readTextFile(SNIPPET));
  await db.sql`drop role if exists my_dashboard`;
  await db.sql`create role my_dashboard login in role racing_reader`;
});
Deno.test.afterAll(async () => {
  await db.sql.unsafe(`
    drop role my_dashboard;
    grant racing_reader to postgres; drop owned by racing_reader; drop role racing_reader;
  `);
  await db.stop();
});
Deno.test.beforeEach(async () => {
  await db.reset();
  // A database that other tests have used may have one.
  await db.sql`delete from vault.secrets where name = 'alert_webhook_url'`;
  reader = connect(db.adminUrl, { max: 1, name: "dashboard", role: "my_dashboard" });
});
Deno.test.afterEach(() => reader.end({ timeout: 1 }));

const startAndForget = () => start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
const dispatchesInTransit = async () =>
  (await db.sql<{ id: number }[]>`select id::integer from engine.dispatches`).map(({ id }) => id);

Deno.test("a reader of the queue finds dispatches with their signatures, and no secret", async () => {
  await startAndForget();
  const rows = await reader<{ text: string }[]>`
    select concat_ws(' ', url, headers, convert_from(body, 'utf8')) as text from net.http_request_queue
  `;
  assertEquals(rows.length, 1);
  const text = rows[0]?.text ?? "";
  assertMatch(text, /"X-Call-Signature": "[0-9a-f]{64}"/);
  assertEquals(new SecretSearch({ "the worker secret": db.workerSecret }).inText("queue", text), []);
});

Deno.test("when a reader empties the queue, the sweep makes the dispatches again", async () => {
  await startAndForget();
  await reader`delete from net.http_request_queue`;
  const [lost] = await dispatchesInTransit();
  await db.passTime("16 seconds");
  await db.sql`select engine.sweep()`;
  const dispatches = await db.takeDispatches();
  assertEquals(dispatches.map(({ body }) => body["feed"]), ["results"]);
  assert(dispatches[0]?.body["dispatch"] !== lost);
});

/** A trigger on the queue whose function, a temporary one, makes use of the rights of postgres when it gets them. */
async function hangTriggerOnQueue(): Promise<void> {
  await reader.unsafe(`
    create function pg_temp.evil() returns trigger language plpgsql as $$
    begin
      if current_user = 'postgres' then
        create table public.made_with_the_rights_of_postgres ();
      end if;
      return new;
    end
    $$;
    create trigger evil before insert on net.http_request_queue for each row execute function pg_temp.evil();
  `);
}

const isTaken = async () =>
  (await db.sql`select from pg_tables where tablename = 'made_with_the_rights_of_postgres'`).length === 1;

Deno.test("the attack works: a trigger that a reader hangs on the queue runs with the rights of the role that posts", async () => {
  await hangTriggerOnQueue();
  const operator = connect(db.adminUrl, { max: 1, name: "operator", role: "postgres" });
  await operator`select net.http_post('http://127.0.0.1:1', '{}')`;
  await operator.end({ timeout: 1 });
  assertEquals(await isTaken(), true);
  await db.admin`drop table public.made_with_the_rights_of_postgres`;
});

Deno.test("a reader who may not create temporary objects has no function for a trigger", async () => {
  const [database] = await db.sql<{ name: string }[]>`select quote_ident(current_database()) as name`;
  await db.admin.unsafe(`revoke temporary on database ${database?.name} from public`);
  try {
    const error = await assertRejects(() => hangTriggerOnQueue());
    assertMatch(String(error), /permission denied/);
  } finally {
    await db.admin.unsafe(`grant temporary on database ${database?.name} to public`);
  }
});

Deno.test("with a trigger on the queue that is not ours nothing is sent, and what is to do is said", async () => {
  await startAndForget();
  await db.takeDispatches();
  await hangTriggerOnQueue();
  const error = await assertRejects(() => db.worker`select engine.dispatch('results')`);
  assertMatch(
    String(error),
    /net.http_request_queue has a trigger that is not ours, evil of my_dashboard/,
  );

  await db.sql`select engine.sweep()`;
  await db.sql`
    with alert as (insert into alerts (kind, subject, message) values ('gap', 'x', 'x') returning id)
    insert into engine.alert_messages (alert_id, phase) select id, 'raised' from alert
  `;
  await db.sql`select vault.create_secret('http://127.0.0.1:1', 'alert_webhook_url')`;
  await db.sql`select engine.watch()`;
  await db.sql`delete from vault.secrets where name = 'alert_webhook_url'`;
  assertEquals(await isTaken(), false);
  const errors = await db.sql<
    { message: string }[]
  >`select message from ingest_errors where feed = 'results'`;
  assert(
    errors.some(({ message }) => message.startsWith("No dispatch could be sent: Nothing is sent: net.")),
  );

  // Their function goes with their session, and with it the trigger.
  await reader.end({ timeout: 1 });
  await db.takeDispatches();
  for (let tries = 0; tries < 50; tries++) {
    await db.sql`select engine.sweep()`;
    if ((await db.takeDispatches()).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The trigger's end must let the engine send again");
});

/** What a login may do to the queue, and how the platform takes it back. */
const SABOTAGE: [what: string, doIt: string, undoIt: string][] = [
  [
    "a condition of a trigger that calls a function of theirs",
    `create function pg_temp.evil(url text) returns boolean language plpgsql as $evil$
     begin
       if current_user = 'postgres' then
         create table if not exists public.made_with_the_rights_of_postgres ();
       end if;
       return false;
     end $evil$;
     create trigger evil before insert on net.http_request_queue for each row
       when (pg_temp.evil(new.url)) execute function pg_catalog.suppress_redundant_updates_trigger()`,
    "drop trigger evil on net.http_request_queue",
  ],
  [
    "a trigger with a function of the superuser's that fails",
    `create trigger evil before insert on net.http_request_queue for each row
       execute function pg_catalog.suppress_redundant_updates_trigger()`,
    "drop trigger evil on net.http_request_queue",
  ],
  [
    "ids that are used up",
    "select setval('net.http_request_queue_id_seq', 9223372036854775807)",
    "select setval('net.http_request_queue_id_seq', 1)",
  ],
];

for (const [what, doIt, undoIt] of SABOTAGE) {
  Deno.test(`${what}: nothing of it runs, chunks end, leases run out, and the error log says it`, async () => {
    await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
    const [lease] = [await claimed(db.worker, "results"), await claimed(db.worker, "results")];
    await db.takeDispatches();
    await reader.unsafe(doIt);
    try {
      await db.worker`select yield_chunk(${lease.chunk_id}, ${lease.lease_token}, 0)`;
      await db.passTime("5 minutes");
      await db.sql`select engine.sweep()`;
      assertEquals(await isTaken(), false);
      const states = await db.sql`select state from backfill_progress`;
      assertEquals(states.map(({ state }) => state), ["waiting", "waiting"]);
      const errors = await db.sql<{ message: string }[]>`
        select message from ingest_errors where message like 'No dispatch could be sent: Nothing is sent: %'
      `;
      assertEquals(errors.length, 1);
    } finally {
      await db.admin.unsafe(undoIt);
    }
    await db.sql`select engine.sweep()`;
    assert((await db.takeDispatches()).length > 0);
  });
}

Deno.test("a reader who locks pg_net's tables blocks no ending, sweep or watch, and the error log says what to do", async () => {
  await start(db.sql, "2026-04-01", "2026-05-31", { feeds: ["results"] });
  const lease = await claimed(db.worker, "results");
  await db.sql`select vault.create_secret('http://127.0.0.1:1', 'alert_webhook_url')`;
  await reader`begin`;
  await reader`lock table net.http_request_queue, net._http_response in access exclusive mode`;
  try {
    await db.worker`select yield_chunk(${lease.chunk_id}, ${lease.lease_token}, 0)`;
    assertEquals((await chunkRow(db.sql, lease.chunk_id)).state, "waiting");
    await db.sql`delete from engine.dispatches`;
    await db.sql`select engine.sweep()`;
    await db.sql`select engine.watch()`;
    const errors = await db.sql<
      { message: string }[]
    >`select message from ingest_errors where feed = 'results'`;
    assert(
      errors.some(({ message }) =>
        message ===
          "No dispatch could be sent: Nothing is sent: another session has locked net.http_request_queue. " +
            "Find out who, in pg_locks and pg_stat_activity; pg_terminate_backend(pid) ends it."
      ),
    );
  } finally {
    await reader`rollback`;
    await db.sql`delete from vault.secrets where name = 'alert_webhook_url'`;
  }
  await db.sql`select engine.sweep()`;
  assert((await db.takeDispatches()).length > 0);
});

Deno.test("a reader who locks pg_net's responses makes nobody wait who asks about them", async () => {
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  // As many as are kept. A second for each would be too long.
  for (let nth = 0; nth < 20; nth++) await db.sql`select engine.ping_functions()`;
  await db.sql`
    insert into engine.dispatches (feed, request_id)
    select 'results', sent.request_id from engine.dispatches as sent, generate_series(1, 30)
  `;
  await db.sql`select vault.create_secret('http://127.0.0.1:1', 'alert_webhook_url')`;
  await db.sql`select engine.note_alert('standstill', 'x', 'x', true)`;
  await db.sql`select engine.send_alerts()`;
  await reader`begin`;
  await reader`lock table net._http_response in access exclusive mode`;
  try {
    await db.sql.begin(async (sql) => {
      await sql`set local statement_timeout = '10s'`;
      const rows = await sql<{ part: string; state: string; finding: string }[]>`select * from check_setup()`;
      assertEquals(
        rows.filter(({ finding }) => finding.includes("locked net._http_response")).map(({ part, state }) =>
          `${part}: ${state}`
        ),
        ["pg_net: failed", "webhook: warning"],
      );
      await sql`select engine.refuse_broken_setup('{results}')`;
      const [status] = await sql`select what_to_do from backfill_status`;
      assertEquals(status?.["what_to_do"], "Wait: it goes on by itself.");
    });
  } finally {
    await reader`rollback`;
    await db.sql`delete from vault.secrets where name = 'alert_webhook_url'`;
  }
});

Deno.test("no trigger can be put on the queue between the check and the request", async () => {
  let hung = false;
  let hanging: Promise<void> | undefined;
  await db.worker.begin(async (transaction) => {
    await transaction`select engine.dispatch('results')`;
    hanging = hangTriggerOnQueue().then(() => void (hung = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    assertEquals(hung, false);
    await transaction`select engine.dispatch('results')`;
  });
  await hanging;
  assertEquals([hung, await isTaken()], [true, false]);
});
