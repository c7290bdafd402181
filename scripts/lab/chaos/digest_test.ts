import { assertEquals } from "@std/assert";
import { connect } from "../platform/database.ts";
import { startPlatform } from "../platform/platform.ts";
import { describeDifferences, keepAsReference, takeDigest } from "./digest.ts";

Deno.test("one value that differs is found and shown, a row more or less too, but not when a row was written", async () => {
  await using platform = await startPlatform({ functions: false, cron: "manual" });
  const sql = connect(platform.adminUrl, { max: 2, name: "test" });
  try {
    await sql`create schema testing`;
    await sql`insert into ra_mst_jockeys (id, name, last_seen_on)
      values ('jky_1', 'Ada', '2026-06-01'), ('jky_2', 'Bob', '2026-06-01')`;
    const reference = await keepAsReference(sql);
    const differences = async () => await describeDifferences(sql, reference, await takeDigest(sql));

    await sql`update ra_mst_jockeys set updated_at = '2020-01-01'`;
    assertEquals(await differences(), []);

    await sql`update ra_mst_jockeys set name = 'Bea' where id = 'jky_2'`;
    const [sentence, ...more] = await differences();
    assertEquals(more, []);
    assertEquals(
      sentence?.startsWith(
        'ra_mst_jockeys differs from a run without faults: it lacks 1 of 2 rows and has 1 others, such as {"id": "jky_2", "name": "Bea"',
      ),
      true,
      sentence,
    );
    await sql`delete from ra_mst_jockeys where id = 'jky_2'`;
    assertEquals(await differences(), [
      "ra_mst_jockeys differs from a run without faults: it lacks 1 of 2 rows and has 0 others.",
    ]);
  } finally {
    await sql.end({ timeout: 1 });
  }
});
