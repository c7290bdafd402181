import { assert, assertEquals } from "@std/assert";
import postgres from "postgres";
import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import type { Platform } from "../../../scripts/lab/platform/platform.ts";
import { until } from "../../../scripts/lab/test_support/until.ts";
import { ourRelations, ourRoutines } from "./support/catalog.ts";
import { startOpenProject } from "./support/open_project.ts";

const SNIPPET = new URL("../../snippets/read_only_role.sql", import.meta.url);

let platform: Platform;
let operator: Sql;
let reader: Sql;

Deno.test.beforeAll(async () => {
  platform = await startOpenProject();
  operator = connect(platform.databaseUrl, { max: 1, name: "test", role: "postgres" });
  const snippet = await Deno.readTextFile(SNIPPET);
  await operator.unsafe(snippet);
  // Running it a second time changes nothing: it has to be run again after migrations.
  await operator.unsafe(snippet);
  await operator`insert into ra_mst_courses (id, name) values ('crs_1', 'Upper Sandbury')`;
  await operator`
    insert into ra_races (id, course_id, region_code, race_date, going)
    values ('rac_1', 'crs_1', 'gb', '2026-10-03', 'Good')
  `;
  // Logs in as a superuser and becomes the reader, as a user of the role would be by inheriting it.
  reader = connect(platform.adminUrl, { max: 1, name: "test", role: "racing_reader" });
});
Deno.test.afterAll(async () => {
  await reader.end({ timeout: 1 });
  await operator.end({ timeout: 1 });
  await platform.stop();
});

async function outcome(statement: string): Promise<string> {
  return await reader.unsafe(statement).then(
    () => "done",
    (error) => error instanceof postgres.PostgresError ? error.code : String(error),
  );
}

/** The racing data, and the answers over it. */
const isForReaders = ({ name, kind = "" }: { name: string; kind?: string }) =>
  /^(public\.ra_|racing\.)/.test(name) && kind !== "sequence";

Deno.test("the read-only role reads every table of racing data and every view of racing, and their rows", async () => {
  const readable = (await ourRelations(operator)).filter(isForReaders);
  const kinds = Map.groupBy(readable, ({ name, kind }) => `${kind} of ${name.replace(/\..*/, "")}`);
  assertEquals([...kinds.keys()].toSorted(), [
    "table of public",
    "table of racing",
    "view of public",
    "view of racing",
  ]);
  assert(readable.length > 14);
  for (const { name } of readable) {
    assertEquals([name, await outcome(`select * from ${name}`)], [name, "done"]);
  }
  assertEquals((await reader`select name from ra_mst_courses`).map(({ name }) => name), ["Upper Sandbury"]);
  assertEquals((await reader`select race_id, going_group from racing.races`).map((row) => ({ ...row })), [
    { race_id: "rac_1", going_group: "good" },
  ]);
});

Deno.test("the read-only role changes nothing that it reads", async () => {
  for (const { name, kind, column } of (await ourRelations(operator)).filter(isForReaders)) {
    if (kind !== "table") continue;
    const attempts = [
      `insert into ${name} default values`,
      `update ${name} set ${column} = ${column}`,
      `delete from ${name}`,
      `truncate ${name} cascade`,
    ];
    for (const attempt of attempts) assertEquals([attempt, await outcome(attempt)], [attempt, "42501"]);
  }
});

Deno.test("the read-only role sees nothing of the backfill and of its settings, errors, rejects and limits", async () => {
  for (const { name, kind } of await ourRelations(operator)) {
    if (isForReaders({ name, kind })) continue;
    const read = kind === "sequence" ? `select nextval('${name}')` : `select * from ${name}`;
    assertEquals([name, await outcome(read)], [name, "42501"]);
  }
});

Deno.test("the read-only role executes the functions of racing and the one for a picture's address, and reads no secret and no job", async () => {
  const [fixed] = await operator<{ names: string[] }[]>`
    select array_agg(proname::text) as names from pg_catalog.pg_proc
    where pronamespace = 'racing'::regnamespace and provolatile <> 'v'
  `;
  const open = new Set([...fixed?.names ?? [], "silk_url"]);
  assert(open.size > 10);
  for (const { name, signature, schema, nulls } of await ourRoutines(operator)) {
    const found = await outcome(`select "${schema}"."${name}"(${nulls})`);
    assertEquals([signature, found !== "42501"], [signature, open.has(name)]);
  }
  const [form] = await reader`select count(*)::integer as runs from racing.card('2026-10-03')`;
  assertEquals(form?.["runs"], 0);
  // pg_net's queue is open to everybody: queue_test.ts.
  for (const table of ["vault.secrets", "vault.decrypted_secrets", "cron.job"]) {
    assertEquals([table, await outcome(`select * from ${table}`)], [table, "42501"]);
  }
});

Deno.test("the read-only role can't log in, and its rights were given to no other role", async () => {
  const [role] = await operator`
    select rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_catalog.pg_roles
      where rolname = 'racing_reader'
  `;
  assertEquals(Object.values({ ...role }), [false, false, false, false, false]);
  const policies = await operator<{ roles: string }[]>`
    select distinct roles::text as roles from pg_catalog.pg_policies where schemaname in ('public', 'racing')
  `;
  assertEquals(policies.map(({ roles }) => roles), ["{racing_reader}"]);
});

Deno.test("the read-only role is taken back as its snippet says, and leaves nothing", async () => {
  const [, takingBack = ""] = (await Deno.readTextFile(SNIPPET)).match(/^-- To remove it:\n-- +(.*)$/m) ??
    [];
  assert(takingBack.endsWith("drop role racing_reader;"));
  await operator.unsafe(takingBack);
  assertEquals(
    (await operator`select from pg_catalog.pg_policies where schemaname in ('public', 'racing')`).length,
    0,
  );
});

Deno.test("the role can be created on a database in use: the snippet and a page do not deadlock", async () => {
  const policies = () =>
    operator`select schemaname, tablename from pg_policies where policyname = 'racing_reader_reads'`;
  for (const { schemaname, tablename } of await policies()) {
    await operator`drop policy racing_reader_reads on ${operator(schemaname)}.${operator(tablename)}`;
  }
  const snippet = await Deno.readTextFile(SNIPPET);
  const page = connect(platform.databaseUrl, { max: 1, name: "page", role: "postgres" });
  try {
    let made: Promise<unknown> | undefined;
    await page.begin(async (transaction) => {
      // Where a page begins, and where it ends.
      await transaction`update ra_mst_regions set name = name`;
      made = operator.unsafe(snippet).execute();
      const waits = async () =>
        (await transaction`select from pg_locks where not granted and relation = 'ra_mst_regions'::regclass`)
          .length > 0;
      await until(waits, "the snippet to wait for the page");
      await transaction`update ra_runners set draw = draw`;
      await transaction`update ra_coverage set races_stored = races_stored`;
    });
    await made;
  } finally {
    await page.end({ timeout: 1 });
  }
  const tables = (await ourRelations(operator)).filter((one) => isForReaders(one) && one.kind === "table");
  assertEquals((await policies()).length, tables.length);
});
