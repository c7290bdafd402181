import { assert, assertEquals } from "@std/assert";
import { bootEverything, type Everything } from "../../../scripts/lab/world/boot.ts";
import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import type { Dispatch } from "../../../scripts/lab/platform/platform.ts";
import { sign } from "../../functions/_shared/worker/signature.ts";

/** The whole platform, and a flood of requests to its functions. */
let everything: Everything;
let sql: Sql;
const sent: Dispatch[] = [];

Deno.test.beforeAll(async () => {
  everything = await bootEverything({
    apiSpeed: 50,
    databaseUrl: Deno.env.get("TEST_DATABASE_URL"),
    platform: {
      cron: "manual",
      onFunctionLog: () => {},
      onDispatch: (dispatch) => {
        sent.push(dispatch);
        return "deliver";
      },
    },
  });
  sql = connect(everything.platform.adminUrl, { max: 2, name: "test" });
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await everything.stop();
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function request(name: string, headers: Record<string, string>, body: unknown): Promise<Answer> {
  const response = await fetch(`${everything.platform.supabaseUrl}/functions/v1/${name}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const functionOf = (feed: string) => feed === "masters" ? "masters" : "events";

/** As somebody who knows the secret. */
async function requestByHand(feed: string, secret = everything.platform.workerSecret): Promise<Answer> {
  return await request(functionOf(feed), { authorization: `Bearer ${secret}` }, { feed });
}

/** The body of a dispatch. */
interface DispatchBody {
  readonly feed: string;
  readonly dispatch: number;
  readonly expires: number;
}

/** As SQL does. */
async function sendDispatch(body: DispatchBody, secret = everything.platform.workerSecret): Promise<Answer> {
  const functionName = functionOf(body.feed);
  const signature = sign(
    { functionName, subject: body.feed, id: body.dispatch, expires: body.expires },
    secret,
  );
  return await request(functionName, { "x-call-signature": signature }, body);
}

const inTwoMinutes = () => Math.floor(Date.now() / 1000) + 120;
const feedOf = (n: number) => ["masters", "results", "racecards"][n % 3] ?? "";

/** Every row of our tables, of the queue and of Vault, and the value of every sequence. */
async function everythingStored(): Promise<Record<string, string>> {
  const relations = await sql<{ name: string; kind: string }[]>`
    select format('%I.%I', c.relnamespace::regnamespace, c.relname) as name, c.relkind as kind
    from pg_catalog.pg_class as c
    where c.relkind in ('r', 'p', 'S')
      and c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace, 'net'::regnamespace, 'vault'::regnamespace)
  `;
  const digests: Record<string, string> = {};
  for (const { name, kind } of relations) {
    const [digest] = await sql.unsafe<{ rows: string }[]>(
      kind === "S"
        ? `select last_value::text as rows from ${name}`
        : `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as rows
          from ${name} as t`,
    );
    digests[name] = digest?.rows ?? "";
  }
  return digests;
}

/** Sends so many requests, some dozens at a time. */
async function flood<T>(count: number, one: (n: number) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  let next = 0;
  const caller = async () => {
    while (next < count) answers.push(await one(next++));
  };
  await Promise.all(Array.from({ length: 30 }, caller));
  return answers;
}

Deno.test("a flood of 300 requests with a wrong secret changes no row, spends no slot and reaches no API", async () => {
  const before = [await everythingStored(), everything.api?.calls().length];
  const answers = await flood(
    300,
    (n) =>
      n % 2
        ? requestByHand(feedOf(n), `wrong ${n}`)
        : sendDispatch({ feed: feedOf(n), dispatch: n + 1, expires: inTwoMinutes() }, `wrong ${n}`),
  );
  assertEquals(new Set(answers.map(({ status }) => status)), new Set([401]));
  assertEquals([await everythingStored(), everything.api?.calls().length], before);
});

Deno.test("a flood of 300 requests with the right secret and nothing to do changes no row, spends no slot and reaches no API", async () => {
  const before = [await everythingStored(), everything.api?.calls().length];
  const answers = await flood(
    300,
    (n) =>
      n % 2
        ? requestByHand(feedOf(n))
        : sendDispatch({ feed: feedOf(n), dispatch: 1_000_000 + n, expires: inTwoMinutes() }),
  );
  assertEquals(
    new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)),
    new Set(['200 {"claimed":false}']),
  );
  assertEquals([await everythingStored(), everything.api?.calls().length], before);
});

async function start(day: string): Promise<number> {
  const [run] = await sql<{ id: number }[]>`
    select public.backfill_start(${day}::date, ${day}::date, reprocess => 'all')::integer as id
  `;
  return run?.id ?? NaN;
}

async function state(run: number): Promise<string | undefined> {
  const [row] = await sql<
    { state: string }[]
  >`select state from public.backfill_status where run_id = ${run}`;
  return row?.state;
}

async function untilSucceeded(run: number, meanwhile: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (await state(run) !== "succeeded") {
    if (performance.now() > deadline) throw new Error(`The run is ${await state(run)} after a minute`);
    await meanwhile();
  }
}

/** The requests that the API got since a moment, in the order of their names. */
function requestsSince(count: number): string[] {
  return (everything.api?.calls() ?? []).slice(count).map(({ path, query }) => `${path}?${query}`).toSorted();
}

/** The requests of an undisturbed run of one day. */
const REQUESTS_OF_A_DAY = [
  "/courses/regions?",
  "/courses?region_codes=gb&region_codes=ire",
  "/racecards/pro?date=2026-06-01&region_codes=gb&region_codes=ire&limit=500&skip=0",
  "/results?start_date=2026-06-01&end_date=2026-06-01&region=gb&region=ire&limit=100&skip=0",
];

Deno.test("replaying each dispatch of a run does nothing twice", async () => {
  const before = everything.api?.calls().length ?? 0;
  const run = await start("2026-06-01");
  await untilSucceeded(run, async () => {
    await Promise.all(
      sent.flatMap(({ body }) => Array.from({ length: 5 }, () => sendDispatch(body as DispatchBody))),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
  assertEquals(requestsSince(before), REQUESTS_OF_A_DAY);

  // And long after.
  const stored = [await everythingStored(), everything.api?.calls().length];
  for (const { body } of sent) {
    assertEquals(await sendDispatch(body as DispatchBody), { status: 200, body: { claimed: false } });
  }
  assertEquals([await everythingStored(), everything.api?.calls().length], stored);
});

Deno.test("each dispatch of a run is refused at the other function, for another feed, with another id, or with a later expiry", async () => {
  const stored = [await everythingStored(), everything.api?.calls().length];
  for (const { body } of sent) {
    const { feed, dispatch: id, expires } = body as DispatchBody;
    const functionName = functionOf(feed);
    const signature = sign({ functionName, subject: feed, id, expires }, everything.platform.workerSecret);
    const headers = { "x-call-signature": signature };
    const attempts: [name: string, body: unknown][] = [
      [functionName === "events" ? "masters" : "events", body],
      ["events", { feed: feed === "results" ? "racecards" : "results", dispatch: id, expires }],
      [functionName, { feed, dispatch: id + 1, expires }],
      [functionName, { feed, dispatch: id, expires: expires + 3600 }],
    ];
    for (const [name, altered] of attempts) assertEquals((await request(name, headers, altered)).status, 401);
  }
  assertEquals([await everythingStored(), everything.api?.calls().length], stored);
});

Deno.test("a flood of requests by hand during a run takes no more leases than are allowed, and asks the API for nothing twice", async () => {
  const before = everything.api?.calls().length ?? 0;
  const run = await start("2026-06-01");
  let most = 0;
  await untilSucceeded(run, async () => {
    await flood(30, (n) => requestByHand(feedOf(n)));
    const [live] = await sql<{ most: number }[]>`
      select coalesce(max(working), 0)::integer as most
      from (select count(*) as working from public.backfill_progress where state = 'working' group by feed) as feeds
    `;
    most = Math.max(most, live?.most ?? 0);
  });
  assert(most <= 2, `${most} chunks of a feed were worked on at once`);
  assertEquals(requestsSince(before), REQUESTS_OF_A_DAY);
});

Deno.test("no request was ever refused for its rate", () => {
  assertEquals(everything.api?.calls().filter(({ status }) => status === 429), []);
});
