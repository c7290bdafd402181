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
  const [dispatch] = await db.takeDispatches();
  const id = Number(dispatch?.body["dispatch"]);
  assertEquals([dispatch?.url, dispatch?.signature], [
    "https://mine.supabase.co/functions/v1/events",
    sign({ functionName: "events", feed: "results", id, expires: dispatch?.expires ?? NaN }, "s3cret"),
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
  for (const values of [{ projectUrl }, { projectUrl, workerSecret: " " }]) {
    await assertRejects(
      () => run(values),
      Error,
      "worker_secret is not filled in: put the value of WORKER_SECRET from supabase/.env there, and run this again",
    );
  }
  assertEquals(await secrets(), before);
});
