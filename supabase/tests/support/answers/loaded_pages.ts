import { World } from "../../../../scripts/lab/racing_api/generator/world.ts";
import type { Sql } from "../../../../scripts/lab/platform/database.ts";
import { readRacecardsPage } from "../../../functions/_shared/pages/read_racecards.ts";
import { readResultsPage } from "../../../functions/_shared/pages/read_results.ts";
import type { PageRows } from "../../../functions/_shared/pages/rows.ts";
import { countRows } from "./small_world.ts";

/** In the order of their references. */
const LISTS = [
  "regions",
  "bookmakers",
  "courses",
  "sires",
  "dams",
  "damsires",
  "horses",
  "jockeys",
  "trainers",
  "owners",
  "races",
  "runners",
] as const;

/** Stores pages as the engine does, in emptied tables. */
export async function storePages(sql: Sql, pages: readonly PageRows[]): Promise<void> {
  for (const page of pages) {
    for (const name of LISTS) {
      await sql.unsafe(`select engine.upsert_${name}($1::text::jsonb)`, [JSON.stringify(page[name])]);
    }
  }
  await countRows(sql);
}

/** Cards and results of some days of the simulated API. */
export function generatedPages(seed: number, dates: readonly string[], now: string): PageRows[] {
  const world = new World(seed);
  const moment = Date.parse(now);
  return dates.flatMap((date) => {
    const day = Date.parse(date) / 86_400_000;
    const list = (races: readonly { id: string; region: string; json(): string }[]) =>
      [...new Map(races.map((race) => [race.id, race])).values()]
        .filter(({ region }) => region === "gb" || region === "ire")
        .map((race): unknown => JSON.parse(race.json()));
    const racecards = list(world.cards(day, moment));
    const results = list(world.results(day, day, moment));
    return [
      readRacecardsPage({ racecards, total: racecards.length, limit: 500, skip: 0, query: [] }).rows,
      readResultsPage({ results, total: results.length, limit: 100, skip: 0, query: [] }).rows,
    ];
  });
}

const SAMPLES = new URL("../../../../../shared/racing-api/samples/", import.meta.url);

/** Pages of real responses, if there are any beside the repository; else none, and a line says so. */
export async function capturedPages(): Promise<PageRows[]> {
  const pages: PageRows[] = [];
  for (const file of ["racecards-pro-2025-10-13.json", "results-2025-10-07.json", "results-trainer.json"]) {
    const text = await Deno.readTextFile(new URL(file, SAMPLES)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      console.log(
        `There is no ${file} in ../shared/racing-api/samples, so no answer was checked against it.`,
      );
    });
    if (text === undefined) continue;
    const response: unknown = JSON.parse(text);
    const body = typeof response === "object" && response !== null && "body" in response
      ? response.body
      : response;
    const isCards = file.startsWith("racecards");
    pages.push(isCards ? readRacecardsPage(body).rows : readResultsPage(body).rows);
  }
  return pages;
}
