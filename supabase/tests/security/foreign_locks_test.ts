import { assertEquals } from "@std/assert";
import postgres from "postgres";
import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import type { Platform } from "../../../scripts/lab/platform/platform.ts";
import { startOpenProject } from "./support/open_project.ts";

const snippet = () => Deno.readTextFile(new URL("../../snippets/read_only_role.sql", import.meta.url));

/** A hostile login that may read everything, such as a dashboard's. */
let platform: Platform;
let operator: Sql;
let reader: Sql;

Deno.test.beforeAll(async () => {
  platform = await startOpenProject();
  operator = connect(platform.databaseUrl, { max: 1, name: "test", role: "postgres" });
  await operator.unsafe(await snippet());
  const admin = connect(platform.adminUrl, { max: 1, name: "test" });
  await admin`create role dashboard nologin in role racing_reader, pg_monitor, pg_read_all_data`;
  await admin.end({ timeout: 1 });
  reader = connect(platform.adminUrl, { max: 1, name: "test", role: "dashboard" });
  // What hangs is to fail.
  await operator`set statement_timeout = '10s'`;
});
Deno.test.afterAll(async () => {
  await reader.end({ timeout: 1 });
  const admin = connect(platform.adminUrl, { max: 1, name: "test" });
  await admin`drop role dashboard`;
  await admin.end({ timeout: 1 });
  const [, takingBack = ""] = (await snippet()).match(/^-- To take it back:\n-- +(.*)$/m) ?? [];
  await operator.unsafe(takingBack);
  await operator.end({ timeout: 1 });
  await platform.stop();
});

async function outcome(statement: string): Promise<string> {
  return await reader.unsafe(statement).then(
    () => "done",
    (error) => error instanceof postgres.PostgresError ? error.code : String(error),
  ).finally(() => reader`rollback`);
}

Deno.test("a login that may read everything cannot take a lock of the engine", async () => {
  const attempts = [
    ...["update", "no key update", "share", "key share"].map((kind) =>
      `select from engine.locks for ${kind}`
    ),
    ...["row exclusive", "share", "exclusive", "access exclusive"].map((mode) =>
      `begin; lock table engine.locks in ${mode} mode`
    ),
    "update engine.locks set guards = guards",
    "delete from engine.locks",
    "select engine.take_lock('sweep')",
    "select engine.try_lock('sweep')",
  ];
  for (const attempt of attempts) assertEquals([attempt, await outcome(attempt)], [attempt, "42501"]);
});

Deno.test("the engine starts, claims, sweeps, pulls and watches, whatever advisory locks a login takes", async () => {
  const keys = [
    "engine.sweep",
    "engine.watch",
    "engine.create_run",
    "engine.start_due_pulls",
    ...["masters", "racecards", "results"].map((feed) => `engine.claim ${feed}`),
  ];
  for (const key of keys) await reader`select pg_advisory_lock(hashtext(${key}))`;

  await operator`select backfill_start(date '2026-05-01', date '2026-05-31', array['results'])`;
  assertEquals((await operator`select from claim_chunk('results')`).length, 1);
  const [pulls] = await operator`select engine.start_due_pulls() > 0 as started`;
  assertEquals(pulls?.["started"], true);
  await operator`select engine.sweep()`;
  await operator`select engine.watch()`;
  const beats = await operator<{ name: string }[]>`select name from engine.heartbeats order by name`;
  assertEquals(beats.map(({ name }) => name), ["pulls", "sweep", "watch"]);
});

Deno.test("no function of ours takes an advisory lock, which every login can take", async () => {
  const takers = await operator`
    select proname from pg_catalog.pg_proc
    where pronamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace) and prosrc ~* 'advisory'
  `;
  assertEquals([...takers], []);
});
