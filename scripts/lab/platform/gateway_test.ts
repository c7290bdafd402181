import { assert, assertEquals } from "@std/assert";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { DatabaseCall, OnDatabaseCall, Platform } from "./platform.ts";
import { startTestPlatform } from "../test_support/test_project.ts";

const SCHEMA = `
  create type public.mood as enum ('happy', 'sad');
  create table public.horses (
    id bigint primary key,
    name text not null,
    born date,
    rating numeric(5, 1),
    tags text[],
    extra jsonb,
    mood public.mood,
    unique (name)
  );
  insert into public.horses values
    (1, 'Arkle', '1957-04-19', 212.0, '{irish,chaser}', '{"a": [1]}', 'happy'),
    (2, 'Frankel', '2008-02-11', 140.5, '{}', null, 'sad'),
    (9007199254740993, 'Nobody, of Old', null, null, null, null, null);
  create view public.horse_names with (security_invoker = true) as select id, name from public.horses;
  create table public.many as select n from generate_series(1, 2500) as n;
  grant select, insert on public.horses to service_role;
  grant select on public.horse_names, public.many to service_role;

  create function public.add_up(a integer, b integer default 10) returns integer
  language sql as 'select a + b';
  create function public.big() returns bigint language sql as 'select 9007199254740993';
  create function public.nothing() returns void language sql as 'select 1';
  create function public.null_text() returns text language sql as 'select null::text';
  create function public.echo(value jsonb, list text[] default '{}', mood public.mood default null) returns jsonb
  language sql as $$ select jsonb_build_object('value', value, 'list', to_jsonb(list), 'mood', mood) $$;
  create function public.names() returns setof text language sql as 'select name from horses order by id';
  create function public.all_horses() returns setof public.horses language sql as 'select * from horses';
  create function public.one_horse(wanted bigint) returns public.horses
  language sql as 'select * from horses where id = wanted';
  create function public.pairs() returns table (n integer, doubled integer)
  language sql as 'select n, 2 * n from generate_series(1, 3) as n';
  create function public.single_column() returns table (n integer) language sql as 'select 7';
  create function public.out_values(out first integer, out second text) language sql as $$ select 1, 'two' $$;
  create function public.whole_body(jsonb) returns jsonb language sql as 'select $1';
  create function public.add_horse(id bigint, name text) returns void
  language sql as 'insert into horses (id, name) values (id, name)';
  create function public.refuse(state text) returns void language plpgsql as $$
  begin
    raise exception 'no more %', 'oats' using errcode = state, detail = 'a detail', hint = 'a hint';
  end $$;
  create function public.who() returns jsonb language sql as $$
    select jsonb_build_object(
      'role', current_user,
      'session', session_user,
      'timeout', current_setting('statement_timeout'),
      'claims', current_setting('request.jwt.claims')::jsonb ->> 'role'
    ) $$;
  create function public.patient() returns text language sql set statement_timeout = '20s'
  as $$ select current_setting('statement_timeout') $$;
  create function public.nap(seconds double precision) returns void language sql set statement_timeout = '100ms'
  as 'select pg_sleep(seconds)';
  create function public.long_nap() returns void language sql as 'select pg_sleep(5)';
  create function public.private() returns integer language sql as 'select 1';
  revoke execute on function public.private() from public;
`;

let platform: Platform;
let onDatabaseCall: OnDatabaseCall = (_call, run) => run();
let client: SupabaseClient;
let anonymous: SupabaseClient;

Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({ migrations: { "0001_horses.sql": SCHEMA } }, {
    functions: false,
    onDatabaseCall: (call, run) => onDatabaseCall(call, run),
  });
  client = createClient(platform.supabaseUrl, platform.secretKey);
  anonymous = createClient(platform.supabaseUrl, platform.publishableKey);
});
Deno.test.afterAll(() => platform.stop());

const rpc = (name: string, args?: Record<string, unknown>) => client.rpc(name, args);

Deno.test("rpc() of a function with one value gives the value", async () => {
  assertEquals((await rpc("add_up", { a: 1, b: 2 })).data, 3);
  assertEquals((await rpc("null_text")).data, null);
});

Deno.test("rpc() leaves out arguments that have a default", async () => {
  assertEquals((await rpc("add_up", { a: 1 })).data, 11);
});

Deno.test("rpc() of a function that returns nothing gives 204", async () => {
  const { data, status } = await rpc("nothing");
  assertEquals([data, status], [null, 204]);
});

Deno.test("rpc() of a function with a set of values gives a list", async () => {
  assertEquals((await rpc("names")).data, ["Arkle", "Frankel", "Nobody, of Old"]);
});

Deno.test("rpc() of a function with rows gives objects", async () => {
  assertEquals((await rpc("pairs")).data, [{ n: 1, doubled: 2 }, { n: 2, doubled: 4 }, { n: 3, doubled: 6 }]);
  assertEquals((await rpc("single_column")).data, [{ n: 7 }]);
});

Deno.test("rpc() of a function with one row gives the object", async () => {
  assertEquals((await rpc("one_horse", { wanted: 2 })).data, {
    id: 2,
    name: "Frankel",
    born: "2008-02-11",
    rating: 140.5,
    tags: [],
    extra: null,
    mood: "sad",
  });
  assertEquals((await rpc("out_values")).data, { first: 1, second: "two" });
});

Deno.test("rpc() takes rows apart with select, order and limit", async () => {
  const { data } = await client.rpc("pairs").select("doubled").order("n", { ascending: false }).limit(2);
  assertEquals(data, [{ doubled: 6 }, { doubled: 4 }]);
  assertEquals((await client.rpc("all_horses").select("name").limit(1).single()).data, { name: "Arkle" });
});

Deno.test("rpc() hands over JSON, lists and enums as they are", async () => {
  const value = { text: `it's "quoted" -- ; \\ ü`, list: [1, null, { deep: true }] };
  assertEquals((await rpc("echo", { value, list: ["a", "b,c"], mood: "happy" })).data, {
    value,
    list: ["a", "b,c"],
    mood: "happy",
  });
});

Deno.test("rpc() of a function with one nameless json argument hands it the whole body", async () => {
  assertEquals((await rpc("whole_body", { any: "thing" })).data, { any: "thing" });
});

Deno.test("integers beyond JavaScript's range arrive as Postgres wrote them", async () => {
  const response = await fetch(`${platform.supabaseUrl}/rest/v1/rpc/big`, {
    method: "POST",
    headers: { Authorization: `Bearer ${platform.secretKey}` },
  });
  assertEquals(await response.text(), "9007199254740993");
});

Deno.test("rpc() of a function that isn't there says so", async () => {
  const { error, status } = await rpc("add_up", { a: 1, c: 2 });
  assertEquals([status, error?.code], [404, "PGRST202"]);
  assertEquals(error?.message, "Could not find the function public.add_up(a, c) in the schema cache");
});

Deno.test("rpc() with a value of the wrong type is a 400", async () => {
  const { error, status } = await rpc("add_up", { a: "many" });
  assertEquals([status, error?.code], [400, "22P02"]);
});

Deno.test("errors come with PostgREST's status, code, details, hint and message", async () => {
  const statuses: [state: string, status: number][] = [
    ["P0001", 400],
    ["PT418", 418],
    // A Vault secret is missing.
    ["PT424", 424],
    ["22023", 400],
    ["23514", 400],
    ["23503", 409],
    ["23505", 409],
    ["42501", 403],
    ["42883", 404],
    ["42P01", 404],
    ["55000", 500],
    ["57014", 500],
    ["53300", 503],
    ["XX000", 500],
  ];
  for (const [state, expected] of statuses) {
    const { error, status } = await rpc("refuse", { state });
    assertEquals(
      { status, code: error?.code, details: error?.details, hint: error?.hint, message: error?.message },
      { status: expected, code: state, details: "a detail", hint: "a hint", message: "no more oats" },
    );
  }
});

Deno.test("a request that fails changes nothing", async () => {
  assertEquals((await rpc("add_horse", { id: 50, name: "Arkle" })).status, 409);
  assertEquals((await client.from("horses").select("id").eq("id", 50)).data, []);
});

Deno.test("the secret key acts as service_role, with the time limit of the role that logs in", async () => {
  assertEquals((await rpc("who")).data, {
    role: "service_role",
    session: "authenticator",
    timeout: "8s",
    claims: "service_role",
  });
});

Deno.test("the publishable key acts as anon, with anon's own time limit", async () => {
  assertEquals((await anonymous.rpc("who")).data, {
    role: "anon",
    session: "authenticator",
    timeout: "3s",
    claims: "anon",
  });
});

Deno.test("a function's own time limit applies to its call", async () => {
  assertEquals((await rpc("patient")).data, "20s");
  const { error, status } = await rpc("nap", { seconds: 5 });
  assertEquals([status, error?.code], [500, "57014"]);
});

Deno.test("one request's role and settings are gone with the next", async () => {
  await Promise.all(Array.from({ length: 30 }, () => anonymous.rpc("who")));
  const answers = await Promise.all(Array.from({ length: 30 }, () => rpc("who")));
  assertEquals(
    new Set(answers.map((answer) => answer.data.role + answer.data.timeout)),
    new Set(["service_role8s"]),
  );
});

Deno.test("anon may not read or call anything without a grant", async () => {
  const read = await anonymous.from("horses").select();
  assertEquals([read.status, read.error?.code], [401, "42501"]);
  const call = await anonymous.rpc("private");
  assertEquals([call.status, call.error?.code], [401, "42501"]);
});

Deno.test("service_role may not either, and gets 403", async () => {
  const call = await rpc("private");
  assertEquals([call.status, call.error?.code], [403, "42501"]);
});

Deno.test("a key that is none of this platform's is refused", async () => {
  for (const key of ["sb_secret_wrong", "nonsense"]) {
    const { status, error } = await createClient(platform.supabaseUrl, key).rpc("who");
    assertEquals([status, error?.message], [401, "Invalid API key"]);
  }
  const response = await fetch(`${platform.supabaseUrl}/rest/v1/horses`);
  assertEquals([response.status, (await response.json()).message], [401, "No API key found in request"]);
});

Deno.test("a view is read with columns, filters, order and limit", async () => {
  const { data } = await client.from("horse_names").select("name").gt("id", 1).order("id", {
    ascending: false,
  })
    .limit(1);
  assertEquals(data, [{ name: "Nobody, of Old" }]);
});

Deno.test("filters compare as the column's type does", async () => {
  const names = async (query: PromiseLike<{ data: { name: string }[] | null; error: unknown }>) => {
    const { data, error } = await query;
    assertEquals(error, null);
    return data?.map((row) => row.name);
  };
  const horses = () => client.from("horses").select("name").order("id");
  assertEquals(await names(horses().eq("born", "1957-04-19")), ["Arkle"]);
  assertEquals(await names(horses().neq("mood", "happy")), ["Frankel"]);
  assertEquals(await names(horses().gte("rating", 140.5).lt("rating", 200)), ["Frankel"]);
  assertEquals(await names(horses().lte("born", "2000-01-01")), ["Arkle"]);
  assertEquals(await names(horses().in("name", ["Nobody, of Old", "Frankel"])), [
    "Frankel",
    "Nobody, of Old",
  ]);
  assertEquals(await names(horses().in("id", [])), []);
  assertEquals(await names(horses().is("born", null)), ["Nobody, of Old"]);
  assertEquals(await names(horses().not("born", "is", null)), ["Arkle", "Frankel"]);
  assertEquals(await names(horses().ilike("name", "%RANK%")), ["Frankel"]);
  assertEquals(await names(horses().eq("id", "9007199254740993")), ["Nobody, of Old"]);
});

Deno.test("columns can be renamed and cast", async () => {
  const { data } = await client.from("horses").select("who:name, id::text").eq("id", "9007199254740993")
    .single();
  assertEquals(data as unknown, { who: "Nobody, of Old", id: "9007199254740993" });
});

Deno.test("single() wants one row, maybeSingle() none or one", async () => {
  const { status, error } = await client.from("horses").select().single();
  assertEquals([status, error?.code], [406, "PGRST116"]);
  assertEquals((await client.from("horses").select().eq("id", 77).maybeSingle()).data, null);
});

Deno.test("never more than 1000 rows come at once; the count is of all", async () => {
  const { data, count } = await client.from("many").select("n", { count: "exact" }).order("n");
  assertEquals([data?.length, count], [1000, 2500]);
  const next = await client.from("many").select("n").order("n").range(2000, 2999);
  assertEquals([next.data?.length, next.data?.[0]?.n], [500, 2001]);
  const head = await client.from("many").select("*", { count: "exact", head: true }).lte("n", 7);
  assertEquals([head.data, head.count], [null, 7]);
});

Deno.test("what the gateway does not know is refused with a sentence", async () => {
  const unknown = await client.from("nothing").select();
  assertEquals([unknown.status, unknown.error?.code], [404, "PGRST205"]);
  const column = await client.from("horses").select("colour");
  assertEquals([column.status, column.error?.message], [400, "column horses.colour does not exist"]);
  const embedded = await client.from("horses").select("name, many(n)");
  assertEquals([embedded.status, embedded.error?.code], [400, "PGRST100"]);
  const or = await client.from("horses").select().or("id.eq.1,id.eq.2");
  assertEquals([or.status, or.error?.code], [400, "PGRST100"]);
  const insert = await client.from("horses").insert({ id: 3, name: "x" });
  assertEquals(insert.status, 405);
  const elsewhere = await fetch(`${platform.supabaseUrl}/storage/v1/bucket`);
  assertEquals(elsewhere.status, 404);
  await elsewhere.body?.cancel();
});

Deno.test("names and values cannot break out of their place in the SQL", async () => {
  const attempts = [
    client.from('horses" where true; drop table many; --').select(),
    client.from("horses").select('name", (select 1) as "x'),
    client.from("horses").select().eq("name", "' or true --"),
    client.from("horses").select().order('id"; drop table many; --'),
    client.rpc('add_up"(1,2); drop table many; --'),
    client.rpc("add_up", { 'a" => 1); drop table many; --': 1 }),
  ];
  for (const attempt of attempts) {
    const { data, error } = await attempt;
    assert(error !== null || (Array.isArray(data) && data.length === 0));
  }
  assertEquals((await client.from("many").select("n", { head: true, count: "exact" })).count, 2500);
});

Deno.test("a database call can be kept from the database, or its answer from the caller", async () => {
  const seen: DatabaseCall[] = [];
  onDatabaseCall = (call) => {
    seen.push(call);
    return Promise.resolve(new Response("no", { status: 504 }));
  };
  assertEquals((await rpc("add_horse", { id: 7, name: "Shergar" })).status, 504);
  assertEquals(seen, [{ name: "add_horse", body: '{"id":7,"name":"Shergar"}' }]);
  assertEquals((await client.from("horses").select("name").eq("id", 7)).data, []);

  onDatabaseCall = async (_call, run) => {
    await (await run()).body?.cancel();
    return new Response("lost", { status: 504 });
  };
  assertEquals((await rpc("add_horse", { id: 7, name: "Shergar" })).status, 504);
  assertEquals((await client.from("horses").select("name").eq("id", 7)).data, [{ name: "Shergar" }]);

  onDatabaseCall = (_call, run) => run();
  assertEquals((await rpc("add_up", { a: 1 })).data, 11);
});

Deno.test("requests work again after the database was restarted", async () => {
  await platform.restartDatabase();
  // The pool's old connections are found dead one by one.
  const answers = await Promise.all(Array.from({ length: 10 }, () => rpc("add_up", { a: 1 })));
  for (const { status } of answers) assert([200, 400, 503].includes(status), `status ${status}`);
  assertEquals((await rpc("add_up", { a: 1 })).data, 11);
});

Deno.test("a large body goes through", async () => {
  const value = Array.from({ length: 2000 }, (_, n) => ({ n, text: "x".repeat(200) }));
  assertEquals((await rpc("echo", { value })).data.value.length, 2000);
});

Deno.test("a transaction whose database crashes is answered with 400 and no code, as by PostgREST, and the next one works", async () => {
  const naps = Promise.all(Array.from({ length: 3 }, () => rpc("long_nap")));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await platform.restartDatabase("immediate");
  assertEquals((await naps).map(({ status, error }) => [status, error?.code]), [[400, ""], [400, ""], [
    400,
    "",
  ]]);
  for (let i = 0; i < 10; i++) await rpc("add_up", { a: 1 });
  assertEquals((await rpc("add_up", { a: 1 })).data, 11);
});
