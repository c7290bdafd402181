import { assert, assertEquals } from "@std/assert";
import { connect, type Sql } from "../../scripts/lab/platform/database.ts";
import { type Platform, startPlatform } from "../../scripts/lab/platform/platform.ts";

/** These change something, and have tests of their own. */
const CHANGE_SOMETHING = ["read_only_role.sql", "set_up.sql"];
const FOLDER = new URL("../snippets/", import.meta.url);

let platform: Platform;
let sql: Sql;
Deno.test.beforeAll(async () => {
  const databaseUrl = Deno.env.get("TEST_DATABASE_URL");
  platform = await startPlatform({
    functions: false,
    cron: "manual",
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
  sql = connect(platform.databaseUrl, { max: 1, name: "test" });
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await platform.stop();
});

async function questions(): Promise<{ name: string; text: string }[]> {
  const names = [];
  for await (const { name } of Deno.readDir(FOLDER)) names.push(name);
  return await Promise.all(
    names.filter((name) => !CHANGE_SOMETHING.includes(name)).sort()
      .map(async (name) => ({ name, text: await Deno.readTextFile(new URL(name, FOLDER)) })),
  );
}

Deno.test("each snippet begins with its question and is one statement, whose answer the database gives", async () => {
  const all = await questions();
  assert(all.length >= 14, `Only ${all.length} snippets`);
  for (const { name, text } of all) {
    assert(/^-- [A-Z].+[^.]\n(select|with)\b/.test(text), `${name} does not begin with its question`);
    assert(/^[^;]+;\n$/.test(text), `${name} has more than one statement`);
    await sql.unsafe(text);
  }
});

Deno.test("the verification counts each table of racing data that the schema has", async () => {
  const counts = await sql.unsafe(await Deno.readTextFile(new URL("verify_counts.sql", FOLDER)));
  const tables = await sql`
    select tablename as name from pg_tables where schemaname = 'public' and tablename like 'ra\\_%' order by 1
  `;
  assertEquals(counts.map((row) => row["table_name"]).sort(), tables.map(({ name }) => name));
});
