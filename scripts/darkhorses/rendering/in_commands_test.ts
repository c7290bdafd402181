import { assertEquals } from "@std/assert";
import { inCommands } from "./in_commands.ts";

Deno.test("on a terminal a sentence of the database names commands, not statements", () => {
  assertEquals(
    inCommands(
      "Given up: a chunk. Read last_error and ingest_errors; once that is fixed: select backfill_retry(4);",
    ),
    "Given up: a chunk. Read darkhorses errors; once that is fixed: darkhorses retry 4",
  );
  assertEquals(
    inCommands("To go on: select backfill_resume(3); or to leave it: select backfill_cancel(3);"),
    "To go on: darkhorses resume 3 or to leave it: darkhorses cancel 3",
  );
  assertEquals(inCommands("Find out why: select * from check_setup();"), "Find out why: darkhorses check");
  assertEquals(
    inCommands("To do it: select drop_legacy(confirm => true, give_up => '{ra_odds_live,ra_runners}');"),
    "To do it: darkhorses legacy drop --confirm --give-up ra_odds_live,ra_runners",
  );
  assertEquals(
    inCommands(
      "select drop_legacy(); says what would go, select drop_legacy(confirm => true); removes them.",
    ),
    "darkhorses legacy drop says what would go, darkhorses legacy drop --confirm removes them.",
  );
  assertEquals(
    inCommands("select * from publish_api('anon'); To close it: select unpublish_api();"),
    "darkhorses publish anon To close it: darkhorses unpublish",
  );
});

Deno.test("a statement that no command does stays as it is", () => {
  const sentence = "select pull_days(date '2026-10-01', date '2026-10-05');";
  assertEquals(inCommands(sentence), sentence);
});
