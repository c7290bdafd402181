import { assert, assertEquals } from "@std/assert";
import { connect } from "../lab/platform/database.ts";
import { until } from "../lab/test_support/until.ts";
import { type Action, show } from "./actions.ts";
import { setUp } from "./set_up.ts";
import { makeClone, record, startQuickProject } from "./test_support/clone.ts";

/** What changes something outside, but for what leaves nothing half-done: looks, cron's jobs, and the last note. */
function changesSomething(action: Action): boolean {
  switch (action.kind) {
    case "command":
      return !action.args.includes("list");
    case "statement":
      return /^insert|create_secret|pull_masters|start_schedules/.test(action.text.replace(/^select /, ""));
    case "call":
      return false;
  }
}

class Interrupted extends Error {}

Deno.test("interrupted before each change in turn, the next run goes on and ends in a project that works", async () => {
  await using hosted = await startQuickProject();
  await using clone = await makeClone();
  const { username, password } = hosted.account;
  const variables = {
    PROJECT_URL: hosted.supabaseUrl,
    RACING_API_URL: hosted.racingApi.url,
    PROJECT_REF: hosted.ref,
    DATABASE_URL: hosted.databaseUrl,
    RACING_API_USERNAME: username,
    RACING_API_PASSWORD: password,
  };
  const options = { projectRef: undefined, yes: true, dryRun: false, rotateWorkerSecret: false };
  const met = new Set<string>();
  const printed: string[] = [];
  for (;;) {
    const run = record(hosted, clone, {
      variables,
      onAction(action) {
        // The same of both functions and of both entries in Vault; a function's version goes up with each deployment.
        const form = show(action).replace(/'[^']*'|\d+/g, "?");
        if (!changesSomething(action) || met.has(form)) return;
        met.add(form);
        throw new Interrupted();
      },
    });
    const sizeBefore = met.size;
    const attempt = setUp(options, run.around);
    const error = await attempt.then(() => undefined, (thrown) => thrown);
    printed.push(run.printed());
    if (error === undefined) break;
    assert(error instanceof Interrupted, String(error));
    assertEquals(met.size, sizeBefore + 1);
  }
  // Schema, secrets, functions and their note, Vault, the pull, schedules.
  assert(met.size >= 7, [...met].join("\n"));

  const sql = connect(hosted.databaseUrl, { max: 1, name: "test" });
  try {
    const links = await sql`select part from check_setup() where state = 'failed'`;
    assertEquals([...links], [], printed.join("\n"));
    // The schedules may have begun a pull of their own.
    await until(async () => {
      const live = await sql`select from backfill_status where state in ('waiting', 'running')`;
      return live.length === 0;
    }, "all runs to end");
    const unfinished = await sql`select * from backfill_status where state <> 'succeeded'`;
    assertEquals([...unfinished], [], printed.join("\n"));
  } finally {
    await sql.end({ timeout: 1 });
  }
});
