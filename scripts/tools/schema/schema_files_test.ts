import { assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../../command_line/problem.ts";
import { readSchemaFiles } from "./schema_files.ts";
import { type SchemaProject, withProject } from "./test_support/write_project.ts";

async function refusal(project: SchemaProject): Promise<string> {
  return await withProject(project, async (folder) => {
    return (await assertRejects(() => readSchemaFiles(folder), Problem)).message;
  });
}

Deno.test("readSchemaFiles() reads the files in the order of config.toml, not in that of their names", async () => {
  const project = {
    schemas: { "a/a.sql": "select 1;\n", "a/b.sql": "select 2;\n", "b.sql": "select 3;\n" },
    listed: ["b.sql", "a/b.sql", "a/a.sql"],
  };
  const files = await withProject(project, readSchemaFiles);
  assertEquals(files.map(({ name, text }) => [name, text]), [
    ["schemas/b.sql", "select 3;\n"],
    ["schemas/a/b.sql", "select 2;\n"],
    ["schemas/a/a.sql", "select 1;\n"],
  ]);
});

Deno.test("readSchemaFiles() refuses a file that config.toml does not list", async () => {
  assertEquals(
    await refusal({ schemas: { "base/clock.sql": "", "base/locks.sql": "" }, listed: ["base/clock.sql"] }),
    "supabase/schemas/base/locks.sql is not in schema_paths of supabase/config.toml: put it where it is to be read.",
  );
});

Deno.test("readSchemaFiles() refuses a listed file that is not there, also one outside of schemas", async () => {
  assertEquals(
    await refusal({ listed: ["base/clock.sql", "../config.toml"] }),
    "supabase/config.toml lists schemas/base/clock.sql, which is not there: take it from schema_paths.\n" +
      "supabase/config.toml lists config.toml, which is not there: take it from schema_paths.",
  );
});

Deno.test("readSchemaFiles() refuses a file that is listed twice", async () => {
  assertEquals(
    await refusal({ schemas: { "a.sql": "" }, listed: ["a.sql", "a.sql"] }),
    "supabase/config.toml lists schemas/a.sql twice: take one of them from schema_paths.",
  );
});

Deno.test("readSchemaFiles() takes a file of 300 lines and refuses one of 301", async () => {
  const lines = (count: number) => "select 1;\n".repeat(count);
  assertEquals((await withProject({ schemas: { "a.sql": lines(300) } }, readSchemaFiles)).length, 1);
  assertEquals(
    await refusal({ schemas: { "a.sql": lines(301) } }),
    "supabase/schemas/a.sql has 301 lines: split it, 300 are the most that a file may have.",
  );
});

Deno.test("readSchemaFiles() reports everything that is wrong at once", async () => {
  assertEquals((await refusal({ schemas: { "a.sql": "" }, listed: ["b.sql"] })).split("\n").length, 2);
});

Deno.test("readSchemaFiles() refuses a config.toml without the list", async () => {
  await withProject({}, async (folder) => {
    await Deno.writeTextFile(`${folder}/config.toml`, 'project_id = "x"\n');
    const { message } = await assertRejects(() => readSchemaFiles(folder), Problem);
    assertEquals(
      message,
      "supabase/config.toml has no list schema_paths under [db.migrations]: put the files there.",
    );
  });
});
