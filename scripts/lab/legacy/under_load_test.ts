import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { applyMigrations, MigrationError } from "../platform/migrations.ts";
import type { Sql } from "../platform/database.ts";
import type { Platform } from "../platform/platform.ts";
import { startTestPlatform } from "../test_support/test_project.ts";
import { until } from "../test_support/until.ts";
import { adopt, MIGRATIONS, OldProjects } from "./test_support/old_projects.ts";

let platform: Platform;
let old: OldProjects;

Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({}, { functions: false });
  old = new OldProjects(platform.adminUrl, "loaded");
});
Deno.test.afterAll(async () => {
  await old[Symbol.asyncDispose]();
  await platform.stop();
});

/** Somebody who asks the same again and again until told to end; what failed, and how many answers there were. */
function keepAsking(sql: Sql, statement: string) {
  const seen = { answers: 0, errors: [] as string[], isOver: false };
  const ended = (async () => {
    while (!seen.isOver) {
      try {
        await sql.unsafe(statement);
        seen.answers++;
      } catch (error) {
        seen.errors.push(error instanceof Error ? error.message : String(error));
      }
    }
  })();
  return {
    seen,
    async end() {
      seen.isOver = true;
      await ended;
    },
  };
}

Deno.test("readers read and the old writer is told throughout, and no statement waits for longer than its timeout", async () => {
  await using project = await old.copy("b", "readers");
  const sql = project.connect();
  const reader = project.connect();
  const writer = project.connect();
  await reader`set search_path = legacy, public`;
  // A statement that waits for two seconds for a lock fails, and is counted.
  await reader`set lock_timeout = '2s'`;
  await writer`set lock_timeout = '2s'`;
  const reading = keepAsking(
    reader,
    `select count(*) from ra_races r join ra_runners u on u.race_id = r.id join ra_race_results s on s.race_id = r.id
     join ra_mst_horses h on h.id = u.horse_id where r.date = '2025-10-11'`,
  );
  const writing = keepAsking(
    writer,
    "update public.ra_races set updated_at = now() where date = '2025-10-11'",
  );
  try {
    await until(() => reading.seen.answers > 3 && writing.seen.answers > 3, "answers to both");
    await applyMigrations(sql, MIGRATIONS);
    const answered = reading.seen.answers;
    await until(() => reading.seen.answers > answered + 3, "answers from ours");
  } finally {
    await reading.end();
    await writing.end();
  }
  assertEquals(reading.seen.errors, []);
  // The writer's table is ours now, and has other columns.
  const unexpected = writing.seen.errors.filter((message) => !/does not exist/.test(message));
  assertEquals(unexpected, []);
});

Deno.test("a session that never lets go is named, and nobody has waited for it", async () => {
  await using project = await old.copy("a", "holder");
  const sql = project.connect();
  const holder = project.connect();
  const reader = project.connect();
  await reader`set lock_timeout = '1900ms'`;
  await sql`set take_over.seconds = '3'`;
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const holding = holder.begin(async (transaction) => {
    await transaction`select count(*) from public.ra_races`;
    await held;
  });
  const reading = keepAsking(reader, "select count(*) from public.ra_races");
  try {
    await until(() => reading.seen.answers > 0, "an answer");
    const error = await assertRejects(
      () => adopt(sql),
      MigrationError,
      "The old tables are in use without a pause",
    );
    assertStringIncludes(error.message, "idle in transaction");
    assertStringIncludes(error.message, "Nothing was changed");
    const [left] = await sql`select to_regnamespace('legacy_data') is null as nothing`;
    assertEquals(left?.["nothing"], true);
  } finally {
    release();
    await holding;
    await reading.end();
  }
  assertEquals(reading.seen.errors, []);
  assert(reading.seen.answers > 0);
  // Without it the same migration comes through.
  await adopt(sql);
});

Deno.test("a session that lets go after a while is waited for without holding anybody up", async () => {
  await using project = await old.copy("c", "patient");
  const sql = project.connect();
  const holder = project.connect();
  let tries = 0;
  const watcher = project.connect();
  const holding = holder.begin(async (transaction) => {
    await transaction`select count(*) from public.ra_mst_runners`;
    // Three tries of the take-over, seen as locks that were asked for and given up.
    let wasWaiting = false;
    await until(async () => {
      const [row] = await watcher`select exists (select from pg_locks where not granted) as waiting`;
      const isWaiting = row?.["waiting"] === true;
      if (wasWaiting && !isWaiting) tries++;
      wasWaiting = isWaiting;
      return tries >= 2;
    }, "two tries");
  });
  await Promise.all([adopt(sql), holding]);
  assert(tries >= 2);
  const [moved] = await sql`select count(*)::integer as tables from legacy_data.moved_objects`;
  assertEquals(moved?.["tables"], 25);
});
