import { assertEquals } from "@std/assert";
import { readSilk } from "../functions/_shared/values/silk.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());

/** What comes out of the database of an address that went in. */
async function kept(url: string): Promise<{ silk: string | null; silk_url: string | null } | undefined> {
  const [row] = await db.worker<{ silk: string | null; silk_url: string | null }[]>`
    select runner.silk, runner.silk_url
    from jsonb_populate_record(null::ra_runners, ${db.worker.json({ silk: readSilk(url).value })}) as runner
  `;
  return row && { ...row };
}

for (
  const [url, silk] of [
    ["https://www.rp-assets.com/svg/1/2/3/327321.svg", "327321"],
    ["https://www.rp-assets.com/svg/b/9/4/306449b.svg", "306449b"],
    ["https://www.rp-assets.com/svg/b/9/5/306449b.svg", "https://www.rp-assets.com/svg/b/9/5/306449b.svg"],
    ["https://www.rp-assets.com/svg/9/8/7/789.svg", "789"],
    ["https://silks.example.com/svg/1/2/3/327321.svg", "https://silks.example.com/svg/1/2/3/327321.svg"],
  ] as const
) {
  Deno.test(`the address ${url} is stored as ${silk}, and comes out as it came in`, async () => {
    assertEquals(await kept(url), { silk, silk_url: url });
  });
}

Deno.test("silk_url() of a runner without a picture is null", async () => {
  assertEquals(await kept("-"), { silk: null, silk_url: null });
});
