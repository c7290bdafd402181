import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import type { Platform } from "../../../scripts/lab/platform/platform.ts";
import type { Database } from "../../functions/_shared/database_types.ts";
import { attacksOn, notRefused, REFUSED } from "./support/attacks.ts";
import { ourRelations, ourRoutines } from "./support/catalog.ts";
import { startOpenProject } from "./support/open_project.ts";

let platform: Platform;
let operator: Sql;
let admin: Sql;
let anon: SupabaseClient;
let user: SupabaseClient;

Deno.test.beforeAll(async () => {
  platform = await startOpenProject();
  operator = connect(platform.databaseUrl, { max: 1, name: "test", role: "postgres" });
  admin = connect(platform.adminUrl, { max: 1, name: "test" });
  anon = createClient(platform.supabaseUrl, platform.publishableKey);
  const token = await platform.signIn("5d9e2c7a-0000-4000-8000-000000000001");
  user = createClient(platform.supabaseUrl, platform.publishableKey, {
    accessToken: () => Promise.resolve(token),
  });
  await operator`
    insert into ra_mst_courses (id, name) select 'crs_' || n, 'Course ' || n from generate_series(1, 5) as n
  `;
  await operator`
    insert into ra_races (id, course_id, region_code, race_date, off_dt, race_name, race_type, surface, has_result)
    values
      ('rac_1', 'crs_1', 'gb', '2026-10-03', '2026-10-03 13:00+00', 'A Handicap', 'Flat', 'Turf', true),
      ('rac_2', 'crs_2', 'gb', '2026-10-04', '2026-10-04 13:00+00', 'A Maiden', 'Flat', 'Turf', true)
  `;
  await operator`
    insert into ra_mst_horses (id, name, last_seen_on)
    select 'hrs_' || n, 'Horse ' || n, '2026-10-04' from generate_series(1, 3) as n
  `;
  await operator`
    insert into ra_runners (race_id, horse_id, position, has_result)
    select 'rac_' || race, 'hrs_' || n, n, true from generate_series(1, 2) as race, generate_series(1, 3) as n
  `;
});
Deno.test.afterAll(async () => {
  await operator.end({ timeout: 1 });
  await admin.end({ timeout: 1 });
  await platform.stop();
});

/** Every right on every object of ours, and every policy. */
async function rightsNow(): Promise<unknown[]> {
  return [
    ...await admin`
      select n.nspname as schema, n.nspname as name, n.nspacl::text as rights
      from pg_namespace as n where n.nspname in ('public', 'engine', 'racing')
      union all
      select n.nspname, c.relname, c.relacl::text
      from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
      where n.nspname in ('public', 'engine', 'racing')
      union all
      select n.nspname, p.oid::regprocedure::text, p.proacl::text
      from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
      where n.nspname in ('public', 'engine', 'racing')
      union all
      select schemaname, tablename || '.' || policyname, roles::text || cmd || coalesce(qual, '') from pg_policies
      order by 1, 2, 3
    `,
  ];
}

interface Right {
  role_name: string;
  kind: string;
  name: string;
  privilege: string;
}

const apiRights = async (): Promise<Right[]> => [
  ...await operator<
    Right[]
  >`select role_name, kind, name, privilege from engine.api_rights() order by 1, 2, 3, 4`,
];

const published = async () =>
  await operator<{ state: string; finding: string; what_to_do: string }[]>`
    select state, finding, what_to_do from engine.check_published()
  `;

const readsCourses = async (client: SupabaseClient) => {
  const { data, error } = await client.from("ra_mst_courses").select("name").gt("id", "crs_1").lt(
    "id",
    "crs_5",
  )
    .order("name", { ascending: false }).limit(2);
  return error === null ? data?.map(({ name }) => name) : error.code;
};

Deno.test("before anything is published, nobody reads anything, and the check says so", async () => {
  assertEquals(await apiRights(), []);
  for (const client of [anon, user]) {
    assertEquals(await readsCourses(client), REFUSED);
    assertEquals((await client.schema("racing").from("runner_form").select()).error?.code, REFUSED);
  }
  const [row] = await published();
  assertEquals(row?.state, "ok");
  assert(row?.finding.startsWith("Nothing is published"), row?.finding);
});

Deno.test("published, users who have signed in read the racing data, and nobody else does", async () => {
  const opened = await operator`select * from publish_api()`;
  assertEquals(new Set(opened.map(({ readers }) => readers)), new Set(["authenticated"]));
  assertEquals(await readsCourses(user), ["Course 4", "Course 3"]);
  assertEquals(await readsCourses(anon), REFUSED);
  const [row] = await published();
  assertEquals(row?.state, "ok");
  assertMatch(row?.finding ?? "", /^Open to read for authenticated: \d+ tables, \d+ views, \d+ functions/);
});

Deno.test("published, a supabase-js that knows the project's types asks the schema racing, its columns and arguments", async () => {
  const token = await platform.signIn("5d9e2c7a-0000-4000-8000-000000000001");
  const racing = createClient<Database>(platform.supabaseUrl, platform.publishableKey, {
    accessToken: () => Promise.resolve(token),
  }).schema("racing");
  const { data: form } = await racing.from("runner_form").select("horse_name, position, prb")
    .eq("race_id", "rac_1").order("position");
  // That this is checked against the types is half of the test.
  const found: [string | null, number | null][] = form?.map((run) => [run.horse_name, run.position]) ?? [];
  assertEquals(found, [["Horse 1", 1], ["Horse 2", 2], ["Horse 3", 3]]);
  const { data: card, error } = await racing.rpc("card", { day: "2026-10-03" });
  const named: (string | null)[] | undefined = card?.map(({ horse_name }) => horse_name);
  assertEquals([error, named?.toSorted()], [null, ["Horse 1", "Horse 2", "Horse 3"]]);
});

Deno.test("published to anon, everybody with the publishable key reads it; published again, only users do", async () => {
  await operator`select publish_api('anon')`;
  assertEquals(await readsCourses(anon), ["Course 4", "Course 3"]);
  assertEquals(await readsCourses(user), ["Course 4", "Course 3"]);
  await operator`select publish_api('anon')`;
  const rights = await rightsNow();
  await operator`select publish_api('anon')`;
  assertEquals(await rightsNow(), rights);

  await operator`select publish_api()`;
  assertEquals(await readsCourses(anon), REFUSED);
  assertEquals(await readsCourses(user), ["Course 4", "Course 3"]);
  assert((await apiRights()).every(({ role_name }) => role_name === "authenticated"));
});

Deno.test("runner_form is read with columns, filters, order and limit, and a function is called", async () => {
  const form = user.schema("racing").from("runner_form");
  const { data, error } = await form.select("horse_name, course_name, position, prb, previous_position", {
    count: "exact",
  }).eq("race_date", "2026-10-04").gt("position", 1).order("position", { ascending: false }).limit(1);
  assertEquals(error, null);
  assertEquals(data, [
    { horse_name: "Horse 3", course_name: "Course 2", position: 3, prb: 0, previous_position: 3 },
  ]);
  const called = await user.schema("racing").rpc("code", { race_type: "Flat", surface: "Turf" });
  assertEquals([called.error, called.data], [null, "flat turf"]);
  assertEquals((await anon.schema("racing").from("runner_form").select()).error?.code, REFUSED);
  assertEquals(
    (await anon.schema("racing").rpc("code", { race_type: "Flat", surface: "Turf" })).error?.code,
    REFUSED,
  );
});

Deno.test("each view and function of the racing schema answers a user who has signed in", async () => {
  const objects = await operator<{ name: string; kind: string }[]>`
    select split_part(name, '.', 2) as name, kind from engine.publishable() where name like 'racing.%'
  `;
  const routines = await ourRoutines(admin);
  assert(objects.length > 10);
  for (const { name, kind } of objects) {
    if (kind === "function") {
      const called = routines.find((one) => one.schema === "racing" && name.startsWith(`${one.name}(`));
      const given = Object.fromEntries((called?.required ?? []).map((each) => [each, null]));
      const { error } = await user.schema("racing").rpc(called?.name ?? name, given);
      // What it says to null is its own business: it must not lack a right, also not to something that it calls.
      assert(error?.code !== REFUSED && error?.code !== "42883", `${name}: ${error?.message}`);
      continue;
    }
    const { data, error } = await user.schema("racing").from(name).select().limit(1);
    assertEquals([name, error, Array.isArray(data)], [name, null, true]);
  }
});

Deno.test("published to anon, it can do nothing but read the racing data", async () => {
  await operator`select publish_api('anon')`;
  const open = await operator<{ kind: string; name: string }[]>`select kind, name from engine.publishable()`;
  const readable = new Set(open.map(({ name }) => name));
  // What may be read is what is published, for both, and nothing else is granted.
  const privilege: Record<string, string> = {
    schema: "usage",
    table: "select",
    view: "select",
    function: "execute",
  };
  const expected = ["anon", "authenticated"].flatMap((role_name) =>
    open.map(({ kind, name }) => `${role_name} ${privilege[kind]} ${kind} ${name}`)
  );
  const granted = (await apiRights()).map((right) =>
    `${right.role_name} ${right.privilege} ${right.kind} ${right.name}`
  );
  assertEquals(granted.toSorted(), expected.toSorted());

  const relations = await ourRelations(admin);
  const routines = await ourRoutines(admin);
  const short = (name: string) => name.replace(/^public\./, "");
  for (const role of ["anon", "authenticated"]) {
    const attacks = relations.flatMap((relation) =>
      attacksOn(relation).filter((attack) =>
        // Who may read but not pass that on gets a warning for trying, and nothing is granted.
        !readable.has(relation.name) || !/^(select|copy|grant)\b/.test(attack)
      )
    );
    assert(attacks.length > 200);
    assertEquals(await notRefused(admin, role, attacks), []);
    const calls = routines
      .filter(({ schema, name }) => schema !== "racing" && name !== "silk_url")
      .map(({ schema, name, nulls }) => `select "${schema}"."${name}"(${nulls})`);
    assert(calls.length > 40);
    assertEquals(await notRefused(admin, role, calls), []);
  }
  for (const { name, kind } of relations) {
    if (kind === "sequence" || !name.startsWith("public.") || readable.has(name)) continue;
    const { error } = await anon.from(short(name)).select().limit(1);
    assertEquals([name, error?.code], [name, REFUSED]);
  }
  for (const { schema, name, required, isTrigger } of routines) {
    if (schema !== "public" || isTrigger || name === "silk_url") continue;
    const { error } = await anon.rpc(name, Object.fromEntries(required.map((each) => [each, null])));
    assertEquals([name, error?.code], [name, REFUSED]);
  }
});

Deno.test("schemas that are not exposed are not there, whatever is published", async () => {
  for (const schema of ["engine", "vault", "net", "cron", "pg_catalog"]) {
    const { status, error } = await anon.schema(schema).from("claimable_chunks").select();
    assertEquals([schema, status, error?.code], [schema, 406, "PGRST106"]);
    const called = await anon.schema(schema).rpc("clock");
    assertEquals([schema, called.status, called.error?.code], [schema, 406, "PGRST106"]);
  }
});

Deno.test("a token that is forged, or has expired, reads nothing", async () => {
  const [header, payload] = (await platform.signIn("somebody")).split(".");
  const reader = createClient(platform.supabaseUrl, platform.publishableKey, {
    accessToken: () => Promise.resolve(`${header}.${payload}.AAAA`),
  });
  const { status, error } = await reader.from("ra_mst_courses").select();
  assertEquals([status, error?.code], [401, "PGRST301"]);
});

Deno.test("all of it is racing data that a test names, and each table of it has the policy", async () => {
  const tables = await operator<{ name: string }[]>`
    select tablename as name from pg_tables where schemaname = 'public' and tablename like 'ra\\_%' order by 1
  `;
  const open = await operator<{ name: string }[]>`
    select split_part(name, '.', 2) as name from engine.publishable() where kind = 'table' and name like 'public.%'
  `;
  // What was pulled when is the backfill's business.
  assertEquals(
    tables.map(({ name }) => name).filter((name) => name !== "ra_coverage"),
    open.map(({ name }) => name).toSorted(),
  );
  const without = await operator`
    select p.name from engine.publishable() as p
    where p.kind = 'table' and not exists (
      select from pg_policy as policy where policy.polrelid = p.name::regclass and policy.polcmd = 'r'
    )
  `;
  assertEquals([...without], []);
});

Deno.test("taken back, everything is exactly as it was, also what somebody granted by hand", async () => {
  await operator`select unpublish_api()`;
  await operator`grant select on ra_mst_regions to authenticated`;
  await operator`create policy by_hand on ra_mst_regions for select to authenticated using (true)`;
  const before = await rightsNow();
  for (const role of ["anon", "authenticated"]) {
    await operator`select publish_api(${role})`;
    await operator`select publish_api(${role})`;
    await operator`select unpublish_api()`;
    assertEquals(await rightsNow(), before);
    await operator`select unpublish_api()`;
    assertEquals(await rightsNow(), before);
  }
  assertEquals((await operator`select from engine.api_grants`).length, 0);
  await operator`drop policy by_hand on ra_mst_regions`;
  await operator`revoke select on ra_mst_regions from authenticated`;
  assertEquals(await apiRights(), []);
  assertEquals(await readsCourses(user), REFUSED);
});

Deno.test("what a later version brings is named by the check, and covered by the next call", async () => {
  await operator`select publish_api()`;
  await operator.unsafe(`
    create schema if not exists racing;
    create table racing.later (n integer primary key);
    alter table racing.later enable row level security;
    insert into racing.later values (1), (2);
    revoke all on racing.later from public, anon, authenticated;
    create function racing.add_later() returns void language sql as 'insert into racing.later values (3)';
    revoke all on function racing.add_later() from public, anon, authenticated;
  `);
  try {
    const [row] = await published();
    assertEquals([row?.state, row?.what_to_do], ["warning", "select * from publish_api('authenticated');"]);
    assert(row?.finding.includes("racing.later"), row?.finding);
    await operator`select publish_api()`;
    assertEquals((await published())[0]?.state, "ok");
    assertEquals((await user.schema("racing").from("later").select().order("n")).data, [{ n: 1 }, { n: 2 }]);
    // It could change something, so nobody is given it.
    assertEquals((await user.schema("racing").rpc("add_later")).error?.code, REFUSED);
  } finally {
    await operator`drop table racing.later cascade`;
    await operator`drop function racing.add_later()`;
  }
  // What has gone meanwhile is no obstacle.
  await operator`select unpublish_api()`;
  assertEquals(await apiRights(), []);
});

Deno.test("the check warns of what is open without having been published", async () => {
  await operator`grant select on backfill_settings to anon`;
  const [row] = await published();
  assertEquals(row?.state, "warning");
  assert(row?.finding.includes("select on public.backfill_settings to anon"), row?.finding);
  await operator`revoke select on backfill_settings from anon`;
  await operator`grant insert on ra_races to authenticated`;
  assert((await published())[0]?.finding.includes("insert on public.ra_races to authenticated"));
  await operator`revoke insert on ra_races from authenticated`;
  await operator`grant usage on schema engine to anon`;
  assert((await published())[0]?.finding.includes("usage on engine to anon"));
  await operator`revoke usage on schema engine from anon`;
  assertEquals((await published())[0]?.state, "ok");
});

Deno.test("a view or function of racing that lends its owner's rights is never published, and the check names it", async () => {
  await operator.unsafe(`
    create view racing.of_its_owner as select * from public.backfill_settings;
    create materialized view racing.copied as select * from public.backfill_settings;
    create function racing.of_everybody() returns bigint language sql stable security definer
      as 'select count(*) from public.backfill_settings';
  `);
  try {
    await operator`select publish_api('anon')`;
    for (const name of ["of_its_owner", "copied"]) {
      assertEquals([name, (await anon.schema("racing").from(name).select()).error?.code], [name, REFUSED]);
    }
    // A new function is for everybody until that is revoked.
    const [row] = await published();
    assertEquals(row?.state, "warning");
    assert(row?.finding.includes("execute on racing.of_everybody() to anon"), row?.finding);
    await operator`revoke all on function racing.of_everybody() from public`;
    assertEquals((await published())[0]?.state, "ok");
  } finally {
    await operator.unsafe(`
      drop view racing.of_its_owner;
      drop materialized view racing.copied;
      drop function racing.of_everybody();
      select unpublish_api();
    `);
  }
});

Deno.test("what an earlier version published and this one does not is closed by the next call", async () => {
  const before = await rightsNow();
  await operator`select publish_api()`;
  await operator.unsafe(`
    grant select on backfill_settings to authenticated;
    insert into engine.api_grants values ('authenticated', 'table', 'public.backfill_settings');
    create policy published_reads on backfill_settings for select to authenticated using (true);
  `);
  assert((await published())[0]?.finding.includes("public.backfill_settings"));
  assertEquals((await user.from("backfill_settings").select()).error, null);
  await operator`select publish_api()`;
  assertEquals((await user.from("backfill_settings").select()).error?.code, REFUSED);
  assertEquals((await published())[0]?.state, "ok");
  await operator`select unpublish_api()`;
  assertEquals(await rightsNow(), before);
});

Deno.test("the check warns of a single column, of racing data opened by hand, and of what only one of the two may read", async () => {
  await operator`grant update (race_name) on ra_races to anon`;
  assert((await published())[0]?.finding.includes("update (race_name) on public.ra_races to anon"));
  await operator`revoke update (race_name) on ra_races from anon`;
  await operator`grant select on ra_races to anon`;
  assert((await published())[0]?.finding.includes("select on public.ra_races to anon"));
  await operator`revoke select on ra_races from anon`;
  await operator`select publish_api('anon')`;
  await operator`revoke select on ra_races from anon`;
  const [row] = await published();
  assertEquals([row?.state, row?.what_to_do], ["warning", "select * from publish_api('anon');"]);
  await operator`select publish_api('anon')`;
  assertEquals((await published())[0]?.state, "ok");
  await operator`select unpublish_api()`;
});

Deno.test("functions of an extension are its own business", async () => {
  await admin.unsafe(`
    create extension citext schema public;
    create function public.of_an_extension() returns integer language sql immutable as 'select 1';
    comment on function public.of_an_extension() is 'Extensions have comments too.';
  `);
  try {
    assert((await published())[0]?.finding.includes("of_an_extension"));
    await admin`alter extension citext add function public.of_an_extension()`;
    assertEquals((await published())[0]?.state, "ok");
  } finally {
    await admin`drop extension citext`;
  }
});

Deno.test("another role is refused with what can be said instead, and nothing is opened", async () => {
  for (const role of ["public", "service_role", "postgres", `au"th'`, "nobody", "ANON", "", null]) {
    const error = await assertRejects(() => operator`select publish_api(${role})`.execute());
    assertEquals((error as { code?: string }).code, "22023");
    assert((error as { hint?: string }).hint?.includes("authenticated"));
  }
  assertEquals(await apiRights(), []);
});

Deno.test("a table in use is a sentence after five seconds, and nothing was changed", async () => {
  const page = connect(platform.databaseUrl, { max: 1, name: "page", role: "postgres" });
  try {
    await page.begin(async (transaction) => {
      await transaction`update ra_runners set draw = draw`;
      const error = await assertRejects(() => operator`select publish_api()`.execute());
      assertEquals((error as { code?: string }).code, "55P03");
    });
    assertEquals(await apiRights(), []);
  } finally {
    await page.end({ timeout: 1 });
  }
});
