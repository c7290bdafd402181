/** Takes the screenshots of docs/images: see USAGE. */
import { AnsiUp } from "ansi_up";
import { fromFileUrl, join } from "@std/path";
import { Problem } from "../command_line/problem.ts";
import { readArguments } from "../command_line/read_arguments.ts";
import { runTask } from "../command_line/run_main.ts";
import { connect, type Sql } from "../lab/platform/database.ts";
import { bootEverything } from "../lab/world/boot.ts";
import { readPageData } from "../darkhorses/page/read_page_data.ts";
import { renderPage } from "../darkhorses/page/render_page.ts";
import {
  type Browser,
  findChromium,
  type Look,
  startChromium,
} from "../darkhorses/page/test_support/chromium.ts";
import { createPaint } from "../darkhorses/rendering/paint.ts";
import { renderWatch } from "../darkhorses/rendering/watch_view.ts";
import { runHere } from "../darkhorses/test_support/run_here.ts";
import { readSnapshot } from "../darkhorses/watch_data.ts";

const USAGE = `Takes the screenshots of the documents again, of a project filled by the simulated Racing API.

  deno run -A scripts/tools/screenshots.ts [--help]

Fills 2024-01-01 to 2026-06-30 while the API refuses the results of February 2025, begins 2023, and writes
docs/images/*.png meanwhile: the page, and what "watch" and "months" show. Takes about eight minutes. Then
"pngquant 256 --ext .png --force docs/images/*.png" makes a third of their size. Needs Chromium (Debian: apt-get
install chromium fonts-roboto fonts-dejavu).
`;

const IMAGES = fromFileUrl(new URL("../../docs/images/", import.meta.url));
const COLUMNS = 80;
const PAGES: Readonly<Record<string, Look>> = {
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

/** A project with one failed month, and more of it coming in: the run that is at work. */
async function fill(sql: Sql): Promise<number> {
  await sql`select start_schedules()`;
  const filled = await start(sql, "2024-01-01", "2026-06-30");
  await until(sql, ({ state }) => state === "completed_with_failures", filled);
  // Alerts come with the watch, each minute.
  await sql`select engine.watch()`;
  const begun = await start(sql, "2023-01-01", "2023-12-31");
  await until(sql, ({ succeeded }) => succeeded >= 9, begun);
  return begun;
}

/** A terminal's window with what a command has written, colours included. */
function terminalPage(command: string, output: string): string {
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; padding: 14px 18px; background: #16191d; color: #d7dce2; }
pre { margin: 0; font: 14px/1.3 "DejaVu Sans Mono", monospace; }
b { color: #8ccf9f; font-weight: normal; }
</style><pre id="terminal"><b>$</b> ${command}\n${new AnsiUp().ansi_to_html(output)}</pre>`;
}

/** Pictures of files, as large as a window or as what a terminal has shown. */
class Camera {
  constructor(private readonly browser: Browser, private readonly file: string) {}

  async take(name: string, page: string, look: Look): Promise<void> {
    await Deno.writeTextFile(this.file, page);
    await this.browser.open(this.file, look);
    const image = await this.browser.screenshot();
    await Deno.writeFile(join(IMAGES, `${name}.png`), image);
    console.log(`docs/images/${name}.png: ${Math.ceil(image.length / 1000)} kB`);
  }

  async takeTerminal(name: string, command: string, output: string): Promise<void> {
    const lines = output.trimEnd().split("\n").length + 1;
    const look = { width: 720, height: Math.ceil(lines * 18.2) + 28, scale: 2 };
    await this.take(name, terminalPage(command, output.trimEnd()), look);
  }
}

async function takeScreenshots(_: Options): Promise<number> {
  const chromium = await findChromium();
  if (chromium === undefined) {
    throw new Problem("There is no Chromium: apt-get install chromium fonts-roboto fonts-dejavu.");
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
  const run = await fill(sql);

  const file = await Deno.makeTempFile({ suffix: ".html" });
  resources.defer(() => Deno.remove(file));
  const camera = new Camera(resources.use(await startChromium(chromium)), file);
  await Deno.mkdir(IMAGES, { recursive: true });
  const paint = createPaint(true);
  const snapshot = await readSnapshot(sql, run, 0);
  if (snapshot === undefined) throw new Error(`There is no run ${run}`);
  await camera.takeTerminal("watch", "darkhorses watch", renderWatch(snapshot, paint, COLUMNS));
  const months = await runHere(["months"], platform.databaseUrl, { paint });
  await camera.takeTerminal("months", "darkhorses months", months.out);
  const page = renderPage(await readPageData(sql, "local platform"));
  for (const [name, look] of Object.entries(PAGES)) await camera.take(name, page, look);
  return 0;
}

function readOptions(args: readonly string[]): Options {
  return { help: readArguments(args, { task: "screenshots" }).help };
}

if (import.meta.main) await runTask(USAGE, readOptions, takeScreenshots);
