import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { MIGRATIONS, OldProjects } from "../lab/legacy/test_support/old_projects.ts";
import { relationsOf } from "../lab/legacy/test_support/read.ts";
import { applyMigrations } from "../lab/platform/migrations.ts";
import type { Platform } from "../lab/platform/platform.ts";
import { startTestPlatform } from "../lab/test_support/test_project.ts";
import { runHere } from "./test_support/run_here.ts";

let platform: Platform;
let old: OldProjects;
Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({}, { functions: false });
  old = new OldProjects(platform.adminUrl, "commands");
});
Deno.test.afterAll(async () => {
  await old[Symbol.asyncDispose]();
  await platform.stop();
});

const Report = z.object({
  faults: z.array(z.object({ fault: z.string(), old_rows: z.number() })),
  differences: z.array(z.unknown()),
});

Deno.test("after a take-over the commands tell the damage, what would be lost, and put everything back", async () => {
  await using project = await old.copy("b", "told");
  const sql = project.connect();
  const before = await relationsOf(sql, "public");
  await applyMigrations(sql, MIGRATIONS);
  const run = (...args: string[]) =>
    runHere(["legacy", ...args], project.adminUrl, { connect: () => project.connect() });

  const report = await run("report");
  assertEquals([report.code, report.err], [0, ""]);
  assertStringIncludes(report.out, "off times twelve hours away");
  assertStringIncludes(report.out, "The API has answered none of the old races yet");
  const { faults } = Report.parse(JSON.parse((await run("report", "--json")).out));
  assert(faults.some(({ fault, old_rows }) => fault === "only in ra_races" && old_rows > 0));

  const told = await run("drop");
  assertEquals([told.code, told.err], [0, ""]);
  assertMatch(told.out, /Would remove \d+ old tables .* ra_races \d+/);
  assertStringIncludes(told.out, "darkhorses legacy drop --confirm --give-up");
  const refused = await run("drop", "--confirm", "--give-up", "ra_races,ra_runners");
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.err, "nothing was removed");
  const misspelt = await run("drop", "--confirm", "--give-up", 'ra_racse,"');
  assertEquals(misspelt.code, 2);
  assertStringIncludes(misspelt.err, `Of the tables to give up there is no 'ra_racse', '"'`);

  const undone = await run("undo");
  assertEquals([undone.code, undone.err], [0, ""]);
  assertStringIncludes(undone.out, "npx -y deno task uninstall");
  assertEquals(await relationsOf(sql, "public"), before);
  const again = await run("undo");
  assertEquals(again.code, 1);
  assertStringIncludes(again.err, "there is nothing to put back");
});

Deno.test("legacy drop removes the old tables once each with rows of its own was named", async () => {
  await using project = await old.copy("b", "dropped");
  const sql = project.connect();
  await applyMigrations(sql, MIGRATIONS);
  const [left] = await sql<{ names: string }[]>`
    select string_agg(name, ',') as names from engine.legacy_rows_left() where left_only > 0
  `;
  const dropped = await runHere(
    ["legacy", "drop", "--confirm", "--give-up", left?.names ?? ""],
    project.adminUrl,
  );
  assertEquals([dropped.code, dropped.err], [0, ""]);
  assertMatch(dropped.out, /^Removed \d+ old tables/);
  assertEquals([await relationsOf(sql, "legacy_data"), await relationsOf(sql, "legacy")], [[], []]);
});
