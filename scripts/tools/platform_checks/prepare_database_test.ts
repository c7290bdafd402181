import { assertEquals, assertRejects } from "@std/assert";
import { connect } from "../../lab/platform/database.ts";
import { startEmbeddedPostgres } from "../../lab/platform/embedded_postgres.ts";
import { prepareDatabase } from "./prepare_database.ts";

Deno.test("a server whose role postgres is a superuser is left as it is, because that role would lose its password", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres({ folder, signal: new AbortController().signal });
  const sql = connect(postgres.adminUrl, { max: 1, name: "test" });
  const password = async () =>
    (await sql`select rolpassword from pg_catalog.pg_authid where rolname = 'postgres'`)[0]?.["rolpassword"];
  try {
    await sql`create role postgres superuser login password 'mine'`;
    const before = await password();
    await assertRejects(
      () => prepareDatabase(postgres.adminUrl, "another"),
      Error,
      "On this server the role postgres is a superuser",
    );
    assertEquals(await password(), before);
  } finally {
    await sql.end({ timeout: 1 });
    await postgres.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
