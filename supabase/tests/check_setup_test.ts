import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";
import { walk } from "../../scripts/command_line/walk.ts";
import { connect, type Sql } from "../../scripts/lab/platform/database.ts";
import { present } from "../../scripts/lab/test_support/present.ts";
import { until as waitUntil } from "../../scripts/lab/test_support/until.ts";
import { bootEverything, type Everything } from "../../scripts/lab/world/boot.ts";
import { sign } from "../functions/_shared/worker/signature.ts";

/** One project, in which each test breaks a link, asks `check_setup()`, and mends it. */
let everything: Everything;
let sql: Sql;
let admin: Sql;
let functionsFolder: string;
let secrets: Record<string, string> = {};
let clockSkewSeconds = 0;
const functionLog: string[] = [];

Deno.test.beforeAll(async () => {
  // A copy, so that a function can be taken away.
  functionsFolder = await Deno.makeTempDir({ prefix: "functions-" });
  const original = fromFileUrl(new URL("../functions", import.meta.url));
  for await (const path of walk(original)) {
    const copy = join(functionsFolder, relative(original, path));
    await Deno.mkdir(join(copy, ".."), { recursive: true });
    await Deno.copyFile(path, copy);
  }
  everything = await bootEverything({
    apiSpeed: 50,
    platform: {
      cron: "manual",
      functionsFolder,
      functionEnvironment: () => secrets,
      functionClockSkewMilliseconds: () => clockSkewSeconds * 1000,
      onFunctionLog: (line) => void functionLog.push(line),
    },
  });
  sql = connect(everything.platform.databaseUrl, { max: 2, name: "test" });
  admin = connect(everything.platform.adminUrl, { max: 1, name: "test admin" });
});
Deno.test.afterAll(async () => {
  await Promise.all([sql, admin].map((connection) => connection.end({ timeout: 1 })));
  await everything.stop();
  await Deno.remove(functionsFolder, { recursive: true });
});
Deno.test.beforeEach(async () => {
  functionLog.length = 0;
  // A project that was never asked, so that no answer of before counts.
  await sql`delete from engine.pings`;
  await everything.platform.cron.tick(new Date());
});

const until = (condition: () => Promise<boolean>, what: string) =>
  waitUntil(condition, what, { more: () => functionLog.join("\n") });

interface Row {
  readonly part: string;
  readonly state: string;
  readonly finding: string;
  readonly what_to_do: string;
}

const look = async () =>
  new Map((await sql<Row[]>`select * from check_setup()`).map((row) => [row.part, row]));

/** Asks, waits for the answers, and asks again. */
async function check(): Promise<Map<string, Row>> {
  await look();
  await until(
    async () =>
      (await sql`
        select from engine.ping_outcomes()
        where outcome = 'pending' or (outcome = 'reported' and account is null)
      `).length === 0,
    "answers to the pings",
  );
  return await look();
}

/** The rows that are neither ok nor wait for another. */
const troubles = (rows: Map<string, Row>) =>
  [...rows.values()].filter(({ state }) => state === "failed" || state === "warning").map(({ part, state }) =>
    `${part}: ${state}`
  );

async function withSecrets(broken: Record<string, string>, skewSeconds = 0): Promise<void> {
  secrets = broken;
  clockSkewSeconds = skewSeconds;
  await everything.platform.killFunctionInstances();
}

async function setVault(name: string, value: string): Promise<void> {
  await sql`select vault.update_secret(id, ${value}) from vault.secrets where name = ${name}`;
}

Deno.test("check_setup() asks at first and says so, then finds that everything works, in a fixed order", async () => {
  const first = await look();
  assertEquals(present(first.get("ping"), "row of the ping"), {
    part: "ping",
    state: "waiting",
    finding: "The functions have been asked just now. The rows above show what was known before.",
    what_to_do: "Look again in 5 seconds: select * from check_setup();",
  });
  assertEquals(first.get("function events")?.finding, "It has not been asked within the past hour.");
  assertEquals(first.get("extensions")?.finding, "pg_cron, pg_net and supabase_vault are there.");
  const rows = await check();
  assertEquals([...rows.values()].map(({ part, state }) => `${part}: ${state}`), [
    "extensions: ok",
    "grants: ok",
    "Vault: project_url: ok",
    "Vault: worker_secret: ok",
    "pg_net: ok",
    "cron: engine-tick: ok",
    "cron: engine-upkeep: ok",
    "tick: sweep: ok",
    "tick: watch: ok",
    "function events: ok",
    "function masters: ok",
    "database from events: ok",
    "database from masters: ok",
    "clock: ok",
    "API account: ok",
    "API plan: ok",
    "database size: ok",
    "indexes: ok",
    "webhook: ok",
    "published: ok",
    "goings: ok",
    "kept runs: ok",
    "ping: ok",
  ]);
  assertMatch(
    rows.get("function events")?.finding ?? "",
    /^It answered \d+ s ago and knows the worker secret\.$/,
  );
  assertStringIncludes(rows.get("webhook")?.finding ?? "", "None is set");
  // The first look asked each function once, and the second came right after it.
  assertEquals((await sql`select from engine.pings`).length % 2, 0);
  // No dispatch: nothing was claimed, no run is there.
  assertEquals((await sql`select from backfill_runs`).length, 0);
});

interface Broken {
  readonly link: string;
  /** Returns how to mend it. */
  readonly break: () => Promise<() => Promise<unknown>>;
  /** The rows that say so. */
  readonly shows: readonly string[];
  /** What the first of these finds. */
  readonly finds: string;
  /** What it says to do, in part. */
  readonly says: string;
}

const BROKEN: readonly Broken[] = [
  {
    link: "another worker secret in Vault",
    async break() {
      await setVault("worker_secret", "another secret that no function has");
      return () => setVault("worker_secret", everything.platform.workerSecret);
    },
    shows: ["function events: failed", "function masters: failed"],
    finds: "The function events has another worker secret than Vault (it answered 401).",
    says: "npx -y deno task setup",
  },
  {
    link: "a placeholder in Vault",
    async break() {
      await setVault("project_url", "https://YOUR-PROJECT.supabase.co");
      return () => setVault("project_url", everything.platform.supabaseUrl);
    },
    shows: ["Vault: project_url: failed", "function events: failed", "function masters: failed"],
    finds: "Vault's project_url is a placeholder.",
    says: "npx -y deno task setup",
  },
  {
    link: "a host that does not exist",
    async break() {
      await setVault("project_url", "https://nowhere.invalid");
      return () => setVault("project_url", everything.platform.supabaseUrl);
    },
    shows: ["function events: failed", "function masters: failed"],
    finds: "Vault's project_url names a host that does not exist",
    says: "npx -y deno task setup",
  },
  {
    link: "a function that is not deployed",
    async break() {
      const [there, away] = ["events", "_events"].map((name) => join(functionsFolder, name));
      await Deno.rename(there!, away!);
      return () => Deno.rename(away!, there!);
    },
    shows: ["function events: failed"],
    finds: "The function events is not deployed where Vault's project_url leads (404).",
    says: "npx -y deno task setup",
  },
  {
    link: "a missing worker secret of the functions",
    async break() {
      await withSecrets({ WORKER_SECRET: "" });
      return () => withSecrets({});
    },
    shows: ["function events: failed", "function masters: failed"],
    finds: "The function events lacks a secret that it needs (500).",
    says: "the function's log says which one is missing",
  },
  {
    link: "a missing user name of the API",
    async break() {
      await withSecrets({ RACING_API_USERNAME: "" });
      return () => withSecrets({});
    },
    shows: ["API account: failed"],
    finds: "The function secret RACING_API_USERNAME is not set",
    says: "npx -y deno task setup",
  },
  {
    link: "a wrong password of the API",
    async break() {
      await withSecrets({ RACING_API_PASSWORD: "a password that is wrong" });
      return () => withSecrets({});
    },
    shows: ["API account: failed"],
    finds: "The Racing API refused the account",
    says: "RACING_API_PASSWORD",
  },
  {
    link: "a plan that is too low",
    break() {
      const api = present(everything.api, "simulated API");
      api.plan = "Standard";
      return Promise.resolve(() => Promise.resolve(api.plan = "Pro"));
    },
    shows: ["API plan: warning"],
    finds: "Pro Plan required",
    says: "Racecards need the plan Pro",
  },
  {
    link: "a key that the database refuses",
    async break() {
      await withSecrets({
        SUPABASE_SECRET_KEYS: JSON.stringify({ default: "sb_secret_of_another_project" }),
      });
      return () => withSecrets({});
    },
    shows: ["database from events: failed", "database from masters: failed"],
    finds: "The function events answers, but reports nothing",
    says: "Read the function's log",
  },
  {
    link: "a function's clock that is wrong by minutes",
    async break() {
      await withSecrets({}, 300);
      return () => withSecrets({});
    },
    shows: ["function events: failed", "function masters: failed", "clock: failed"],
    finds: "The function events refuses what the database signs: their clocks differ.",
    says: "restart the project",
  },
  {
    link: "a function's clock that is wrong by half a minute",
    async break() {
      await withSecrets({}, 30);
      return () => withSecrets({});
    },
    shows: ["clock: warning"],
    finds: "The clocks of a function and of the database differ by ",
    says: "restart the project",
  },
  {
    link: "a cron job that is gone",
    async break() {
      await sql`select cron.unschedule('engine-tick')`;
      return async () => {
        await sql`select engine.schedule_jobs()`;
        await everything.platform.cron.tick(new Date());
      };
    },
    shows: ["cron: engine-tick: failed"],
    finds: "The job is gone.",
    says: "select engine.schedule_jobs();",
  },
  {
    link: "an extension that is gone",
    async break() {
      await admin`alter schema vault rename to vault_elsewhere`;
      return () => admin`alter schema vault_elsewhere rename to vault`;
    },
    shows: ["extensions: failed", "vault: failed", "webhook: failed", "ping: failed"],
    finds: "Missing: supabase_vault.",
    says: "Enable it in the dashboard",
  },
  {
    link: "a right that was taken away",
    async break() {
      await sql`revoke execute on function engine.choose_chunk from service_role`;
      return () => sql`grant execute on function engine.choose_chunk to service_role`;
    },
    shows: ["grants: failed"],
    finds: "The role service_role may not execute: engine.choose_chunk(text,integer).",
    says: "grant execute",
  },
  {
    link: "a database that is larger than its limit",
    async break() {
      await sql`update backfill_settings set database_limit_megabytes = 1`;
      return () => sql`update backfill_settings set database_limit_megabytes = 500`;
    },
    shows: ["database size: failed"],
    finds: "% of 1 MB",
    says: "the database becomes read-only",
  },
];

/** For a table of what breaks and what is then said. */
const print = (link: string, shown: readonly string[], { finding, what_to_do }: Row) => {
  if (Deno.env.get("PRINT_CHECK_SETUP")) {
    console.log(`| ${link} | ${shown.join(", ")} | ${finding} | ${what_to_do} |`);
  }
};

for (const { link, break: breakIt, shows, finds, says } of BROKEN) {
  Deno.test(`check_setup() shows ${link}, and no longer once it is mended`, async () => {
    const mend = await breakIt();
    try {
      if (shows.some((row) => row.startsWith("database from"))) {
        // Half a minute without a report is what shows it: it is taken to be over.
        await look();
        await until(
          async () =>
            (await sql`select from net._http_response as r join engine.pings on request_id = r.id`).length >=
              2,
          "the functions' answers",
        );
        await sql`update engine.pings set queued_at = queued_at - interval '31 seconds'`;
      }
      const rows = await check();
      const first = present(rows.get((shows[0] ?? "").replace(/: \w+$/, "")), shows[0] ?? "row");
      print(link, troubles(rows), first);
      assertEquals(troubles(rows), shows);
      assertStringIncludes(first.finding, finds);
      assertStringIncludes(first.what_to_do, says);
    } finally {
      await mend();
    }
    await sql`delete from engine.pings`;
    assertEquals(troubles(await check()), []);
  });
}

Deno.test("check_setup() shows a webhook that answers with an error", async () => {
  let status = 500;
  const webhook = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(null, { status }),
  );
  const send = async () => {
    await sql`select engine.note_alert('standstill', ${crypto.randomUUID()}, 'A test.', true)`;
    await sql`select engine.send_alerts()`;
    await until(
      async () =>
        (await sql`
          select from net._http_response as r
          join engine.alert_requests as request on request.request_id = r.id
          where r.status_code = ${status}
        `).length > 0,
      "the webhook's answer",
    );
    return await check();
  };
  try {
    await sql`select vault.create_secret(${`http://127.0.0.1:${webhook.addr.port}/`}, 'alert_webhook_url')`;
    assertStringIncludes((await check()).get("webhook")?.finding ?? "", "No alert has been sent to it yet");
    const rows = await send();
    print("a webhook that answers 500", troubles(rows), present(rows.get("webhook"), "row of the webhook"));
    assertEquals(troubles(rows), ["webhook: warning"]);
    assertEquals(rows.get("webhook")?.finding, "It did not take the last message: it answered 500.");
    // Another address, or the same one set again: what became of the message before says nothing about it.
    await setVault("alert_webhook_url", `http://127.0.0.1:${webhook.addr.port}/other`);
    assertStringIncludes((await check()).get("webhook")?.finding ?? "", "No alert has been sent to it yet");
    status = 204;
    assertEquals(troubles(await send()), []);
  } finally {
    await sql`delete from vault.secrets where name = 'alert_webhook_url'`;
    await webhook.shutdown();
  }
});

Deno.test("a run says at the first answer that a function is not deployed, and the sweep keeps that", async () => {
  const [there, away] = ["events", "_events"].map((name) => join(functionsFolder, name));
  await Deno.rename(there!, away!);
  const status = async () => (await sql`select what_to_do from backfill_status`)[0]?.["what_to_do"] as string;
  try {
    await sql`select backfill_start('2026-06-01', '2026-06-01', '{results}')`;
    await until(async () => (await status()).includes("(404)"), "what the answer says");
    assertStringIncludes(await status(), 'Run "npx -y deno task setup", which deploys it');
    // Lost after 15 s.
    await sql`update engine.dispatches set sent_at = sent_at - interval '16 seconds'`;
    await sql`select engine.sweep()`;
    const [lost] = await sql`select message from ingest_errors where failure_class = 'lost_dispatch'`;
    assertStringIncludes(
      lost?.["message"],
      "No function takes the dispatches of results. The function events is not",
    );
    assertStringIncludes(await status(), "(404)");
    // An alert is raised after two minutes without a claim.
    await sql`update backfill_runs set created_at = created_at - interval '3 minutes'`;
    await sql`update ingest_errors set occurred_at = occurred_at - interval '3 minutes'`;
    const [trouble] = await sql`select message from engine.unanswered_dispatches`;
    assertEquals(trouble?.["message"], lost?.["message"]);
  } finally {
    await Deno.rename(away!, there!);
  }
  await sql`update engine.dispatches set sent_at = sent_at - interval '16 seconds'`;
  await sql`select engine.sweep()`;
  await until(
    async () => (await sql`select from backfill_status where state = 'succeeded'`).length === 1,
    "the run, which nobody had to start again",
  );
});

Deno.test("a function that has the previous secret too takes what is signed with either, and no other", async () => {
  const { platform } = everything;
  const ask = async (secret: string) => {
    const response = await fetch(`${platform.supabaseUrl}/functions/v1/masters`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({ ping: true }),
    });
    return [response.status, await response.json()];
  };
  const calls = () => everything.api?.calls().length;
  const before = calls();
  await withSecrets({
    WORKER_SECRET: "the new worker secret",
    WORKER_SECRET_PREVIOUS: platform.workerSecret,
  });
  try {
    assertEquals(await ask("the new worker secret"), [200, { pong: "masters" }]);
    assertEquals(await ask(platform.workerSecret), [200, { pong: "masters" }]);
    assertEquals(await ask("a third one"), [401, { message: "Unauthorized" }]);
    // By hand it asks for nothing.
    assertEquals(calls(), before);
    assertEquals(troubles(await check()), []);
    await setVault("worker_secret", "the new worker secret");
    await sql`delete from engine.pings`;
    assertEquals(troubles(await check()), []);
    await withSecrets({ WORKER_SECRET: "the new worker secret" });
    assertEquals(await ask(platform.workerSecret), [401, { message: "Unauthorized" }]);
  } finally {
    await setVault("worker_secret", platform.workerSecret);
    await withSecrets({});
  }
});

Deno.test("a ping is good for one answer and one call of the API, however often it is sent", async () => {
  const { platform } = everything;
  await check();
  const [ping] = await sql<{ id: string }[]>`
    select id from engine.pings where function_name = 'masters' order by id limit 1
  `;
  const id = Number(ping?.id);
  const expires = Math.floor(Date.now() / 1000) + 60;
  const send = async (functionName: string, subject: string) =>
    await fetch(`${platform.supabaseUrl}/functions/v1/masters`, {
      method: "POST",
      headers: { "x-call-signature": sign({ functionName, subject, id, expires }, platform.workerSecret) },
      body: JSON.stringify({ ping: id, expires }),
    });
  await until(() => Promise.resolve(platform.busyFunctionInstances() === 0), "the functions to be done");
  const calls = () => everything.api?.calls().length;
  const before = calls();
  const answered = await sql`select * from engine.pings where id = ${id}`;
  assertEquals(await (await send("masters", "ping")).json(), { pong: "masters" });
  await until(
    () => Promise.resolve(functionLog.some((line) => line.includes("ping answered before"))),
    "the second delivery",
  );
  assertEquals(calls(), before);
  assertEquals(await sql`select * from engine.pings where id = ${id}`, answered);
  // Signed for another function, or as a dispatch.
  for (const [functionName, subject] of [["events", "ping"], ["masters", "masters"]] as const) {
    const refused = await send(functionName, subject);
    assertEquals([refused.status, await refused.json()], [401, { message: "Unauthorized" }]);
  }
});

Deno.test("the reports of the functions hold no secret", async () => {
  await withSecrets({ RACING_API_PASSWORD: "a password that is wrong" });
  try {
    await check();
  } finally {
    await withSecrets({});
  }
  const text = JSON.stringify(await sql`select * from engine.pings`);
  for (const secret of ["a password that is wrong", everything.platform.workerSecret]) {
    assert(!text.includes(secret), text);
  }
});
