import { assertEquals } from "@std/assert";
import { readRacecardsPage } from "./read_racecards.ts";
import { readResultsPage } from "./read_results.ts";

/** Real responses, where somebody has put some beside the repository. They belong to their source and are not part of it. */
const FOLDER = new URL("../../../../../shared/racing-api/samples/", import.meta.url);

function captured(file: string): unknown {
  try {
    const response: unknown = JSON.parse(Deno.readTextFileSync(new URL(file, FOLDER)));
    return typeof response === "object" && response !== null && "body" in response ? response.body : response;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`There is no ${file} in ../shared/racing-api/samples, so nothing was checked against it.`);
    return null;
  }
}

Deno.test("captured racecards are read without a reject", () => {
  const body = captured("racecards-pro-2025-10-13.json");
  if (body === null) return;
  const { rows } = readRacecardsPage(body);
  assertEquals([rows.races.length, rows.runners.length, rows.bookmakers.length], [2, 13, 28]);
  assertEquals([rows.rejects, rows.unknown_fields], [[], []]);
});

Deno.test("captured results are read without a reject", () => {
  for (
    const [file, races, runners] of [["results-2025-10-07.json", 5, 36], [
      "results-trainer.json",
      10,
      97,
    ]] as const
  ) {
    const body = captured(file);
    if (body === null) continue;
    const { rows } = readResultsPage(body);
    assertEquals([rows.races.length, rows.runners.length], [races, runners]);
    assertEquals([rows.rejects, rows.unknown_fields], [[], []]);
  }
});
