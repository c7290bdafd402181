import { assertEquals } from "@std/assert";
import { bootEverything } from "../../scripts/lab/world/boot.ts";
import { connect } from "../../scripts/lab/platform/database.ts";

/** The hosted runtime's level: what newer versions of Deno bring is not there. */
const LEVEL = "2.1.4";

/** Where npx keeps that version; it is fetched the first time. */
async function olderDeno(): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("npx", {
    args: [
      ...["-y", `deno@${LEVEL}`, "eval", "--no-config", "--no-lock"],
      "console.log(JSON.stringify([Deno.version.deno, Deno.execPath()]))",
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Deno ${LEVEL} could not be started: ${decoder.decode(stderr)}`);
  const [version, path] = JSON.parse(decoder.decode(stdout)) as [string, string];
  assertEquals(version, LEVEL);
  return path;
}

Deno.test(`the functions fill a database on Deno ${LEVEL} as well, the hosted runtime's level`, async () => {
  const functionLog: string[] = [];
  await using everything = await bootEverything({
    apiSpeed: 50,
    databaseUrl: Deno.env.get("TEST_DATABASE_URL"),
    platform: {
      cron: "manual",
      denoExecutable: await olderDeno(),
      onFunctionLog: (line) => void functionLog.push(line),
    },
  });
  const sql = connect(everything.platform.adminUrl, { max: 1, name: "test" });
  try {
    await sql`select public.backfill_start(date '2026-06-01', date '2026-06-02')`;
    const deadline = performance.now() + 90_000;
    let state = "";
    while (state !== "succeeded" && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      state = (await sql<{ state: string }[]>`select state from public.backfill_status`)[0]?.state ?? "";
    }
    assertEquals(state, "succeeded", functionLog.join("\n"));
    const [stored] = await sql`
      select
        (select count(*) > 20 from public.ra_races where has_card and has_result) as races,
        (select count(*) from public.ingest_rejects) as rejects
    `;
    assertEquals({ ...stored }, { races: true, rejects: "0" });
  } finally {
    await sql.end({ timeout: 1 });
  }
});
