/** Takes the page's screenshots for docs/images: see USAGE. */
import { fromFileUrl, join } from "@std/path";
import { Problem } from "../../command_line/problem.ts";
import { readArguments } from "../../command_line/read_arguments.ts";
import { runTask } from "../../command_line/run_main.ts";
import { connect, type Sql } from "../../lab/platform/database.ts";
import { bootEverything } from "../../lab/world/boot.ts";
import { readPageData } from "./read_page_data.ts";
import { renderPage } from "./render_page.ts";
import { findChromium, type Look, startChromium } from "./test_support/chromium.ts";

const USAGE = `Takes the page's screenshots again, of a project filled by the simulated Racing API.

  deno run -A scripts/darkhorses/page/screenshots.ts [--help]

Fills 2024-01-01 to 2026-06-30 while the API refuses the results of February 2025, begins 2023, and writes
docs/images/page_*.png meanwhile. Takes about eight minutes. Then "pngquant 256 --ext .png --force docs/images/page_*.png"
makes a third of their size. Needs Chromium (Debian: apt-get install chromium fonts-roboto).
`;

const IMAGES = fromFileUrl(new URL("../../../docs/images/", import.meta.url));
const LOOKS: Readonly<Record<string, Look>> = {
  page_phone_light: { width: 390, height: 844, scale: 2 },
  page_phone_dark: { width: 390, height: 844, scale: 2, scheme: "dark" },
  page_desktop: { width: 1280, height: 1000 },
};
const SPEED = 30;
const REFUSED = "start_date=2025-02-01";

interface Options {
  readonly help: boolean;
}

/** Ends the wait with what the database says when the condition does not come. */
async function until(
  sql: Sql,
  isSo: (run: { state: string; succeeded: number }) => boolean,
  runId: number,
): Promise<void> {
  const deadline = performance.now() + 1_200_000;
  while (performance.now() < deadline) {
    const [run] = await sql<{ state: string; succeeded: number }[]>`
      select state, chunks_succeeded::integer as succeeded from backfill_status_details where run_id = ${runId}
    `;
    if (run !== undefined && isSo(run)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Problem(`Run ${runId} did not get there in twenty minutes: select * from backfill_status;`);
}

async function start(sql: Sql, from: string, to: string): Promise<number> {
  const [run] = await sql<{ id: number }[]>`select backfill_start(${from}::date, ${to}::date)::integer as id`;
  if (run === undefined) throw new Error("backfill_start returned nothing");
  return run.id;
}

/** A project with one failed month, and more of it coming in. */
async function fill(sql: Sql): Promise<void> {
  await sql`select start_schedules()`;
  const filled = await start(sql, "2024-01-01", "2026-06-30");
  await until(sql, ({ state }) => state === "completed_with_failures", filled);
  // Alerts come with the watch, each minute.
  await sql`select engine.watch()`;
  const begun = await start(sql, "2023-01-01", "2023-12-31");
  await until(sql, ({ succeeded }) => succeeded >= 9, begun);
}

async function takeScreenshots(_: Options): Promise<number> {
  const chromium = await findChromium();
  if (chromium === undefined) {
    throw new Problem("There is no Chromium: apt-get install chromium fonts-roboto.");
  }
  await using everything = await bootEverything({ apiSpeed: SPEED });
  const { platform, api } = everything;
  if (api === undefined) throw new Error("There is no simulated API");
  api.faults = ({ query }) =>
    query.includes(REFUSED)
      ? { status: 422, body: '{"detail":"start_date is not a racing day"}' }
      : undefined;
  const sql = connect(platform.databaseUrl, { max: 2, name: "screenshots" });
  await using resources = new AsyncDisposableStack();
  resources.defer(() => sql.end({ timeout: 1 }));
  await fill(sql);

  const file = await Deno.makeTempFile({ suffix: ".html" });
  resources.defer(() => Deno.remove(file));
  await Deno.writeTextFile(file, renderPage({ ...await readPageData(sql), project: "local platform" }));
  const browser = resources.use(await startChromium(chromium));
  await Deno.mkdir(IMAGES, { recursive: true });
  for (const [name, look] of Object.entries(LOOKS)) {
    await browser.open(file, look);
    const image = await browser.screenshot();
    await Deno.writeFile(join(IMAGES, `${name}.png`), image);
    console.log(`docs/images/${name}.png: ${Math.ceil(image.length / 1000)} kB`);
  }
  return 0;
}

function readOptions(args: readonly string[]): Options {
  return { help: readArguments(args, { task: "screenshots" }).help };
}

if (import.meta.main) await runTask(USAGE, readOptions, takeScreenshots);
