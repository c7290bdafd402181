import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { sign } from "../functions/_shared/worker/signature.ts";
import { start } from "./support/chunks.ts";

const SNIPPET = Deno.readTextFileSync(fromFileUrl(new URL("../snippets/set_up.sql", import.meta.url)));

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  await db.sql`delete from vault.secrets`;
});

/** The snippet with these values filled in. */
function filledIn(values: { projectUrl?: string; workerSecret?: string; webhook?: string }): string {
  const { projectUrl, workerSecret, webhook } = values;
  const put = (text: string, place: string, value: string | undefined) => {
    assertEquals(text.split(place).length, 2, place);
    return value === undefined ? text : text.replace(place, () => place.replace(/'.*'/, `'${value}'`));
  };
  let text = put(SNIPPET, "project_url constant text := 'https://YOUR-PROJECT.supabase.co';", projectUrl);
  text = put(text, "worker_secret constant text := 'YOUR-WORKER-SECRET';", workerSecret);
  return put(text, "alert_webhook_url constant text := '';", webhook);
}

const run = (values: Parameters<typeof filledIn>[0]) => db.sql.unsafe(filledIn(values));

async function secrets(): Promise<Record<string, string>> {
  const rows = await db.sql<{ name: string; secret: string }[]>`
    select name, decrypted_secret as secret from vault.decrypted_secrets order by name
  `;
  return Object.fromEntries(rows.map(({ name, secret }) => [name, secret]));
}

Deno.test("set_up.sql puts into Vault what a dispatch needs, and the next one uses it", async () => {
  await run({ projectUrl: "https://mine.supabase.co", workerSecret: "s3cret" });
  assertEquals(await secrets(), { project_url: "https://mine.supabase.co", worker_secret: "s3cret" });
  await start(db.sql, "2026-05-01", "2026-05-31", { feeds: ["results"] });
  // Before it there are the pings of check_setup().
  const dispatch = (await db.takeDispatches()).find(({ body }) => "dispatch" in body);
  const id = Number(dispatch?.body["dispatch"]);
  assertEquals([dispatch?.url, dispatch?.signature], [
    "https://mine.supabase.co/functions/v1/events",
    sign({ functionName: "events", subject: "results", id, expires: dispatch?.expires ?? NaN }, "s3cret"),
  ]);
});

Deno.test("set_up.sql run again changes what is different, adds what is new, and leaves the rest", async () => {
  await run({ projectUrl: "https://mine.supabase.co", workerSecret: "s3cret" });
  await run({ projectUrl: "https://mine.supabase.co", workerSecret: "s3cret" });
  const webhook = "https://hooks.example.org/T000";
  await run({ projectUrl: " https://other.supabase.co/\n", workerSecret: "n3w", webhook });
  const changed = {
    alert_webhook_url: webhook,
    project_url: "https://other.supabase.co/",
    worker_secret: "n3w",
  };
  assertEquals(await secrets(), changed);
  await run({ projectUrl: "https://other.supabase.co/", workerSecret: "n3w" });
  assertEquals(await secrets(), changed);
});

Deno.test("set_up.sql takes the addresses of a stack on this machine", async () => {
  for (const projectUrl of ["http://127.0.0.1:54321", "http://kong:8000", "http://[::1]:54321/"]) {
    await run({ projectUrl, workerSecret: "s3cret" });
    const [judged] = await db.sql`select state from engine.check_secret('project_url')`;
    assertEquals([(await secrets())["project_url"], judged?.["state"]], [projectUrl, "ok"]);
  }
});

Deno.test("set_up.sql, run twice, ends by showing whether the project works", async () => {
  const values = { projectUrl: "https://mine.supabase.co", workerSecret: "a secret that is long enough" };
  for (const _ of [1, 2]) {
    const results = await run(values) as unknown as { part: string; state: string }[][];
    const shown = Object.fromEntries((results.at(-1) ?? []).map(({ part, state }) => [part, state]));
    assertEquals([shown["Vault: project_url"], shown["Vault: worker_secret"]], ["ok", "ok"]);
  }
});

Deno.test("set_up.sql says which value is not filled in and what to do, and changes nothing", async () => {
  const projectUrl = "https://mine.supabase.co";
  const workerSecret = "s3cret";
  await run({ projectUrl, workerSecret });
  const before = await secrets();
  for (
    const values of [{}, { workerSecret: "n3w" }, { projectUrl: "", workerSecret }, {
      projectUrl: "mine",
      workerSecret,
    }]
  ) {
    await assertRejects(
      () => run(values),
      Error,
      "project_url is not filled in: put the project's URL there, as the dashboard shows it, and run this again",
    );
  }
  for (const path of ["/rest/v1", "/functions/v1/events", "?a=b", "/project#top"]) {
    await assertRejects(
      () => run({ projectUrl: projectUrl + path, workerSecret }),
      Error,
      "project_url has something after the host: put only https://….supabase.co there, and run this again",
    );
  }
  for (const foreign of ["http://mine.supabase.co", " http://203.0.113.7:8000/"]) {
    await assertRejects(
      () => run({ projectUrl: foreign, workerSecret }),
      Error,
      "project_url begins with http:// and leads to another machine: put https:// there, and run this again",
    );
  }
  await assertRejects(
    () => run({ projectUrl, workerSecret, webhook: "mine" }),
    Error,
    "alert_webhook_url is not a URL: put the whole address there, or leave it empty, and run this again",
  );
  for (const values of [{ projectUrl }, { projectUrl, workerSecret: " " }]) {
    await assertRejects(
      () => run(values),
      Error,
      "worker_secret is not filled in: put the value of WORKER_SECRET from supabase/.env there, and run this again",
    );
  }
  assertEquals(await secrets(), before);
});
