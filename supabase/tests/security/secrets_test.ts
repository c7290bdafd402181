import { assert, assertEquals } from "@std/assert";
import { bootEverything, type Everything } from "../../../scripts/lab/world/boot.ts";
import { connect, type Sql, storeSecret } from "../../../scripts/lab/platform/database.ts";
import type { Fault } from "../../../scripts/lab/racing_api/server.ts";
import { rolledBack } from "./support/rolled_back.ts";
import { asHtml, type Hit, SecretSearch } from "./support/search.ts";

/**
 * An account with awkward secrets, and an API that echoes them in every failure. Afterwards everything that the run
 * left behind is searched for them.
 */
const random = () => crypto.randomUUID().replaceAll("-", "");
const account = {
  username: `u${random()}"\\é&<+/ ☂${random()}`,
  password: `p${random()}\\ß'"%=\u0007${random()}`,
};
const basic = btoa(
  String.fromCharCode(...new TextEncoder().encode(`${account.username}:${account.password}`)),
);
const echo = `Authorization: Basic ${basic} of ${account.username} with ${account.password}`;

/** Where alerts go: its path is what Slack and others take for a password. */
const webhookPath = `/services/${random()}`;
let webhook: Deno.HttpServer<Deno.NetAddr>;
let messagesSent = 0;

let everything: Everything;
let sql: Sql;
let search: SecretSearch;
const functionLog: string[] = [];
const answers: string[] = [];

/** What the API answers for a day, instead of its races. */
const faults = new Map<string, Fault>();

Deno.test.beforeAll(async () => {
  everything = await bootEverything({
    apiSpeed: 50,
    account,
    databaseUrl: Deno.env.get("TEST_DATABASE_URL"),
    platform: { cron: "manual", onFunctionLog: (line) => void functionLog.push(line) },
  });
  const { platform, api } = everything;
  if (api) api.faults = ({ query }) => faults.get(query.match(/(?:start_)?date=([\d-]+)/)?.[1] ?? "");
  sql = connect(platform.adminUrl, { max: 2, name: "test" });
  webhook = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    if (new URL(request.url).pathname === webhookPath) messagesSent++;
    return new Response("ok");
  });
  await storeSecret(sql, "alert_webhook_url", `http://127.0.0.1:${webhook.addr.port}${webhookPath}`, "");
  search = new SecretSearch({
    "the username": account.username,
    "the password": account.password,
    "the credentials": basic,
    "the worker secret": platform.workerSecret,
    "the secret key": platform.secretKey,
    "the webhook's address": webhookPath.replace("/services/", ""),
    "the database's password": new URL(platform.adminUrl).password,
  });
  // All failures happen at the same time.
  await sql`update public.backfill_settings set leases_per_feed = 10, capture_odds = true`;
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await everything.stop();
  await webhook.shutdown();
});

const NOWHERE: Hit[] = [];
/** Vault is where the worker secret belongs. */
const SCHEMAS = ["public", "engine", "racing", "net", "cron", "supabase_migrations"];

async function start(day: string, feeds: string[]): Promise<number> {
  const [run] = await sql<{ id: number }[]>`
    select public.backfill_start(${day}::date, ${day}::date, ${feeds}, reprocess => 'all')::integer as id
  `;
  return run?.id ?? NaN;
}

/** Waits until no run has anything left to do but to wait for its next attempt. */
async function settled(): Promise<void> {
  const deadline = performance.now() + 90_000;
  const busy = () =>
    sql`
      select from public.backfill_progress as chunk
      join public.backfill_runs as run on run.id = chunk.run_id
      where chunk.state = 'working' or (chunk.state = 'waiting' and chunk.attempts = 0 and run.paused_at is null)
    `;
  while ((await busy()).length > 0) {
    if (performance.now() > deadline) throw new Error(`Still busy:\n${functionLog.slice(-20).join("\n")}`);
    await everything.platform.cron.tick(new Date());
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Everything that is stored outside Vault. */
async function everywhere(): Promise<Hit[]> {
  const queries = await sql<{ query: string }[]>`select query from pg_catalog.pg_stat_activity`;
  return [
    ...search.inText("the functions' log", functionLog.join("\n")),
    ...search.inText("the functions' answers", answers.join("\n")),
    ...search.inText("pg_stat_activity", queries.map(({ query }) => query).join("\n")),
    ...await search.inTables(sql, SCHEMAS),
  ];
}

async function knock(headers: Record<string, string>, body: string): Promise<void> {
  for (const name of ["masters", "events"]) {
    const response = await fetch(`${everything.platform.supabaseUrl}/functions/v1/${name}`, {
      method: "POST",
      headers,
      body,
    });
    answers.push(`${JSON.stringify([...response.headers])} ${await response.text()}`);
  }
}

Deno.test("the search finds a secret in any column, in bytes, in JSON, written in any way, and half of one", async () => {
  const found: Hit[] = [];
  await rolledBack(sql, async (transaction) => {
    await transaction`
      insert into public.ingest_errors (feed, failure_class, attempt, message)
      values ('results', 'chunk', 1, ${`cut off: ${account.password.slice(0, 20)}`})
    `;
    await transaction`
      insert into public.ingest_rejects (feed, kind, path, reason, raw, fingerprint)
      values ('results', 'race', '', '', ${transaction.json({ a: [{ b: account.username }] })}, 'x')
    `;
    await transaction`
      insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
      values ('POST', 'http://127.0.0.1:1', '{}', convert_to(${
      encodeURIComponent(account.username)
    }, 'utf8'), 1)
    `;
    found.push(...await search.inTables(transaction, SCHEMAS));
  });
  assertEquals(found, [
    { place: "net.http_request_queue.body", secret: "the username" },
    { place: "public.ingest_errors.message", secret: "the password" },
    { place: "public.ingest_rejects.raw", secret: "the username" },
  ]);
});

Deno.test("a run that succeeds leaves no secret anywhere", async () => {
  const run = await start("2026-06-01", ["masters", "racecards", "results"]);
  await settled();
  const [status] = await sql<
    { state: string }[]
  >`select state from public.backfill_status where run_id = ${run}`;
  assertEquals(status?.state, "succeeded");
  assertEquals(await everywhere(), NOWHERE);
});

Deno.test("pg_net's queue holds the webhook's address where it is needed, and no other secret: not the worker's either", async () => {
  await rolledBack(sql, async (transaction) => {
    await transaction`select public.backfill_start('2026-05-01', '2026-05-01', reprocess => 'all')`;
    await transaction`
      with alert as (
        insert into public.alerts (kind, subject, message) values ('gap', 'the test', 'Nothing is wrong.') returning id
      )
      insert into engine.alert_messages (alert_id, phase) select alert.id, 'raised' from alert
    `;
    await transaction`select engine.send_alerts()`;
    assertEquals(await search.inTables(transaction, SCHEMAS), [
      { place: "net.http_request_queue.url", secret: "the webhook's address" },
    ]);
    const [calls] = await transaction<{ signed: number }[]>`
      select count(*) filter (where headers ->> 'X-Call-Signature' ~ '^[0-9a-f]{64}$')::integer as signed
      from net.http_request_queue
    `;
    assertEquals(calls?.signed, 1);
  });
});

Deno.test("what the functions answer at their door has no secret in it", async () => {
  const { workerSecret, secretKey } = everything.platform;
  for (const secret of [workerSecret, "wrong", secretKey, account.password.replaceAll(/[^ -~]/g, "")]) {
    for (const body of ['{"feed":"results"}', "{}", secret]) {
      await knock({ authorization: `Bearer ${secret}` }, body);
    }
  }
  assertEquals(await everywhere(), NOWHERE);
});

/** Ways to say the credentials back. */
const echoes: Record<string, Fault> = {
  "refuses the account, as text": { status: 401, body: echo },
  "refuses the account, as JSON": { status: 401, body: JSON.stringify({ detail: echo }) },
  "refuses the plan": {
    status: 403,
    body: JSON.stringify({ detail: [{ input: echo, url: encodeURIComponent(echo) }] }),
  },
  "calls the question wrong, as JSON": { status: 422, body: JSON.stringify({ detail: echo }) },
  "calls the question wrong, as JSON in JSON": {
    status: 422,
    body: JSON.stringify({ detail: JSON.stringify({ echo }) }),
  },
  "calls the question wrong, as HTML": { status: 400, body: `<p>${asHtml(echo)}</p>` },
  "calls the question wrong, as an address": { status: 404, body: `/login?${new URLSearchParams({ echo })}` },
  "breaks": { status: 500, body: echo },
  "is away": { status: 503, body: `<p>${asHtml(echo)}</p>` },
  "answers with what is not JSON": { status: 200, body: echo },
  "answers with JSON that is no page": { status: 200, body: JSON.stringify({ detail: echo }) },
  "answers with a text": { status: 200, body: JSON.stringify(echo) },
  "answers with a list": { status: 200, body: JSON.stringify([[echo]]) },
};

/** The same, moved so that whatever is cut off is cut off within a secret. */
const cuts: Record<string, Fault> = Object.fromEntries(
  [100, 117, 134, 151, 168, 185].flatMap((padding) => {
    const secrets = [account.password, account.username, basic];
    const body = `${"x".repeat(padding)} ${secrets[padding % 3]} ${echo}`;
    return [
      [`is cut off after ${padding} characters and a part of a secret`, { status: 422, body }],
      [`is no page and cut off after ${padding} characters`, {
        status: 200,
        body: JSON.stringify({ detail: body }),
      }],
    ];
  }),
);

const SECRETIVE = [...Object.entries(echoes), ...Object.entries(cuts)];
const dayOf = (index: number) => new Date(Date.UTC(2026, 2, 1 + index)).toISOString().slice(0, 10);

Deno.test("credentials that the API echoes in its errors reach no log, table or answer", async (t) => {
  SECRETIVE.forEach(([, fault], index) => faults.set(dayOf(index), fault));
  const runs: number[] = [];
  for (const index of SECRETIVE.keys()) runs.push(await start(dayOf(index), ["results"]));
  await settled();
  for (const [index, [what]] of SECRETIVE.entries()) {
    await t.step(`an API that ${what}`, async () => {
      const run = runs[index] ?? NaN;
      const said = await sql<{ text: string }[]>`
        select message as text from public.ingest_errors where run_id = ${run}
        union all select last_error from public.backfill_progress where run_id = ${run}
        union all select pause_reason from public.backfill_runs where id = ${run} and pause_reason is not null
      `;
      assert(said.length >= 2, "The failure must be logged");
      const text = said.map(({ text }) => text).join("\n");
      assertEquals(search.inText(what, text), NOWHERE, text);
    });
  }
  await t.step("and nowhere else either, after the alerts were sent", async () => {
    await everything.platform.cron.tick(new Date());
    const deadline = performance.now() + 10_000;
    while (messagesSent === 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert(messagesSent > 0, "A paused run and dead chunks are worth an alert");
    assertEquals(await everywhere(), NOWHERE);
  });
});
