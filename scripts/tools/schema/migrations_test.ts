import { assert, assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../command_line/problem.ts";
import { checkInitialMigration, checkMigrationNames, writeInitialMigration } from "./migrations.ts";
import { readSchemaFiles } from "./schema_files.ts";
import { withProject } from "./test_support/write_project.ts";

const INITIAL = "20261124000100_initial.sql";
const SCHEMAS = { "b.sql": "create schema b;\n", "a.sql": "create table b.a ();\n" };

const MADE = `-- Generated from supabase/schemas by "deno task schema": change the files there, not this one.

-- schemas/b.sql

create schema b;

-- schemas/a.sql

create table b.a ();
`;

Deno.test("writeInitialMigration() puts the files one after the other, and says whether anything changed", async () => {
  await withProject({ schemas: SCHEMAS }, async (folder) => {
    const files = await readSchemaFiles(folder);
    assert((await writeInitialMigration(folder, files)).endsWith(" is written."));
    assertEquals(await Deno.readTextFile(`${folder}/migrations/${INITIAL}`), MADE);
    assert((await writeInitialMigration(folder, files)).endsWith(" stays as it is."));
    await checkInitialMigration(folder, files);
  });
});

/** What is said of a committed migration with this text, or of none. */
async function refusal(text: string | null): Promise<string> {
  const migrations: Record<string, string> = text === null ? {} : { [INITIAL]: text };
  return await withProject({ schemas: SCHEMAS, migrations }, async (folder) => {
    const files = await readSchemaFiles(folder);
    return (await assertRejects(() => checkInitialMigration(folder, files), Problem)).message;
  });
}

Deno.test("checkInitialMigration() names the line at which the migration leaves the files, and says what to do", async () => {
  const edited = MADE.replace("create schema b;", "create schema c;");
  assertEquals(
    await refusal(edited),
    `supabase/migrations/${INITIAL} is not what supabase/schemas make: run "deno task schema" and commit the file.\n` +
      "  line 5, committed: create schema c;\n" +
      "  line 5, now:       create schema b;",
  );
});

Deno.test("checkInitialMigration() refuses a migration that goes on, that ends early, or that is not there", async () => {
  for (const text of [MADE + "select 1;\n", MADE.slice(0, -1), "", null]) {
    assert((await refusal(text)).includes('run "deno task schema"'), String(text));
  }
});

Deno.test("checkMigrationNames() refuses a version that is not above the reserved one, but for adopting", async () => {
  const sentence = (name: string) =>
    `supabase/migrations/${name} has a version that is not above 20261124000000, which is reserved for adopting an ` +
    "old database: give it a later one.";
  for (const name of ["20261124000000_feeds.sql", "20260101000000_feeds.sql"]) {
    await withProject({ migrations: { [INITIAL]: "", [name]: "" } }, async (folder) => {
      assertEquals(
        (await assertRejects(() => checkMigrationNames(folder), Problem)).message,
        sentence(name),
      );
    });
  }
  const allowed = { [INITIAL]: "", "20261124000000_adopt_0_9.sql": "", "20261201000000_feeds.sql": "" };
  await withProject({ migrations: allowed }, checkMigrationNames);
});

Deno.test("checkMigrationNames() refuses a file that would never be applied", async () => {
  await withProject({ migrations: { "feeds.sql": "" } }, async (folder) => {
    assertEquals(
      (await assertRejects(() => checkMigrationNames(folder), Problem)).message,
      `supabase/migrations/feeds.sql is not called like ${INITIAL}: it would never be applied.`,
    );
  });
});
