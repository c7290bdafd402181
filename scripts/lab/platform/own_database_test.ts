import { assertEquals } from "@std/assert";
import { connect } from "./database.ts";
import { makeOwnDatabase } from "./own_database.ts";
import { startTestPlatform } from "../test_support/test_project.ts";

Deno.test("a new database is made beside the given one, ticks by hand, and is dropped while it is in use", async () => {
  await using server = await startTestPlatform({}, { functions: false });
  const given = connect(server.adminUrl, { max: 1, name: "test" });
  const databases = async () =>
    (await given<{ name: string }[]>`
      select datname::text as name from pg_catalog.pg_database where not datistemplate order by 1
    `).map(({ name }) => name);
  try {
    const own = await makeOwnDatabase(server.adminUrl, "own");
    await using platform = await startTestPlatform({}, { functions: false, databaseUrl: own.url });
    const sql = connect(platform.databaseUrl, { max: 1, name: "test" });
    await sql`create table public.done (at timestamptz)`;
    await sql`select cron.schedule('job', '* * * * *', 'insert into public.done values (now())')`;
    await platform.cron.tick(new Date());
    assertEquals((await sql`select from public.done`).length, 1);
    assertEquals(await databases(), ["own", "postgres"]);
    await own[Symbol.asyncDispose]();
    assertEquals(await databases(), ["postgres"]);
    await sql.end({ timeout: 1 });
  } finally {
    await given.end({ timeout: 1 });
  }
});
