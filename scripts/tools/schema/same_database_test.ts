import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect } from "../../lab/platform/database.ts";
import { MigrationError } from "../../lab/platform/migrations.ts";
import type { Platform } from "../../lab/platform/platform.ts";
import { Problem } from "../../command_line/problem.ts";
import { startTestPlatform } from "../../lab/test_support/test_project.ts";
import { checkMigratedDatabase, checkSameDatabase } from "./same_database.ts";
import { withProject } from "./test_support/write_project.ts";

let platform: Platform;
Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({}, { functions: false });
});
Deno.test.afterAll(() => platform.stop());

const MIGRATION = "20261124000100_initial.sql";
const BASE = "create schema engine;\ncreate table public.horses (id integer primary key);\n";
const CLOSED = "revoke all on public.horses from anon, authenticated, service_role;\n";

async function refusal(schema: string, migration: string): Promise<string> {
  const project = { schemas: { "horses.sql": schema }, migrations: { [MIGRATION]: migration } };
  return await withProject(project, async (folder) => {
    return (await assertRejects(() => checkSameDatabase(platform.adminUrl, folder), Problem)).message;
  });
}

Deno.test("checkSameDatabase() accepts migrations that make the same database in another way, and leaves no database", async () => {
  const project = {
    schemas: { "engine.sql": BASE, "rights.sql": CLOSED },
    migrations: {
      [MIGRATION]: "create schema engine;\ncreate table public.horses ();\n" + CLOSED,
      "20261201000000_id.sql": "alter table public.horses add column id integer primary key;\n",
    },
  };
  await withProject(project, (folder) => checkSameDatabase(platform.adminUrl, folder));
  const sql = connect(platform.adminUrl, { max: 1, name: "test" });
  try {
    const others = await sql`select from pg_catalog.pg_database where datname like 'made_by%'`;
    assertEquals(others.length, 0);
  } finally {
    await sql.end({ timeout: 1 });
  }
});

Deno.test("checkSameDatabase() says which object differs, how, and what to do", async () => {
  const message = await refusal(
    BASE + CLOSED,
    BASE + CLOSED + "alter table public.horses add column name text;",
  );
  assert(message.startsWith("On a project from October 2026 the migrations make another database"), message);
  assert(
    message.endsWith(
      "public.horses\n  by the migrations: id integer not null,\n  by the migrations: name text\n" +
        "  by the schema files: id integer not null",
    ),
    message,
  );
});

Deno.test("checkSameDatabase() finds a grant that only a project from before October 2026 leaves open", async () => {
  const message = await refusal(BASE + CLOSED, BASE);
  assert(message.startsWith("On a project from before October 2026 "), message);
  assert(message.includes("to anon;"), message);
});

Deno.test("checkSameDatabase() names the schema file and the line that Postgres refuses", async () => {
  const project = { schemas: { "horses.sql": BASE + "select 1 / 0;\n" }, migrations: { [MIGRATION]: BASE } };
  await withProject(project, async (folder) => {
    const error = await assertRejects(() => checkSameDatabase(platform.adminUrl, folder), MigrationError);
    assert(error.message.startsWith(`${folder}/schemas/horses.sql:3: division by zero`), error.message);
  });
});

Deno.test("checkMigratedDatabase() reports what was changed in a database by hand", async () => {
  await withProject({ schemas: { "horses.sql": BASE + CLOSED } }, async (folder) => {
    const sql = connect(platform.adminUrl, { max: 1, name: "test", role: "postgres" });
    try {
      await sql.unsafe(BASE + CLOSED + "comment on table public.horses is 'Mine.';");
      const { message } = await assertRejects(
        () => checkMigratedDatabase(platform.adminUrl, folder),
        Problem,
      );
      assert(message.includes("by the migrations: comment on table public.horses is 'Mine.';"), message);
    } finally {
      await sql.end({ timeout: 1 });
    }
  });
});
