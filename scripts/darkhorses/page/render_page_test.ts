import { assert, assertEquals } from "@std/assert";
import { MONTH_STATES, STATES } from "../coverage_month.ts";
import { roundUp } from "./bar_chart.ts";
import type { PageData } from "./page_data.ts";
import { binSeconds } from "./read_page_data.ts";
import { renderPage } from "./render_page.ts";
import { month, NOTHING_ASKED_FOR, ONE_FAILED_MONTH, WHY } from "./test_support/sample_data.ts";
import { fullMoment } from "./uk_time.ts";
import { judge } from "./verdict.ts";

const headline = (changes: Partial<PageData>) => judge({ ...ONE_FAILED_MONTH, ...changes }).headline;
const all = (page: string, pattern: RegExp) => [...page.matchAll(pattern)].map(([, found = ""]) => found);
/** As a reader sees it, without tags. */
const textOf = (page: string) =>
  page.replace(/<style>[^]*?<\/style>/, "").replace(/<[^>]*>/g, " ").replaceAll("&#39;", "'").replace(
    /\s+/g,
    " ",
  );

Deno.test("an empty database says that nothing was asked for yet, and how to begin", () => {
  const text = textOf(renderPage(NOTHING_ASKED_FOR));
  assert(text.includes("Nothing was asked for yet"), text);
  assert(text.includes("select backfill_start(date '2015-01-01');"), text);
  assert(text.includes("select * from start_schedules();"), text);
  // Masters are in the grid from the start.
  const masters = { ...month("masters", "2026-01-01", "missing"), month: null, run_id: null };
  assertEquals(judge({ ...NOTHING_ASKED_FOR, months: [masters] }).headline, "Nothing was asked for yet");
});

Deno.test("a failed month is named first, with its error and a link to its cell, which leads to the reason", () => {
  const page = renderPage(ONE_FAILED_MONTH);
  assert(page.includes("<title>1 month failed · DarkHorses</title>"), page);
  const header = page.slice(page.indexOf("<header"), page.indexOf("</header>"));
  assert(header.includes('href="#month-results-2016-02"') && header.includes(WHY), header);
  const cell = /<td[^>]*id="month-results-2016-02"[^]*?<\/td>/.exec(page)?.[0] ?? "";
  assert(cell.includes('href="#why-results-2016-02"'), cell);
  assert(cell.includes(">F<") && cell.includes("failed, 9 of 28 days, 400 of 1,203 races"), cell);
  assert(textOf(page).includes("select backfill_retry(1);"), page);
});

Deno.test("every link leads to something on the page, and no two things have the same name", () => {
  for (const data of [NOTHING_ASKED_FOR, ONE_FAILED_MONTH]) {
    const page = renderPage(data);
    const ids = all(page, /\sid="([^"]*)"/g);
    assertEquals(ids.length, new Set(ids).size);
    assertEquals(all(page, /<a[^>]*\shref="#([^"]*)"/g).filter((target) => !ids.includes(target)), []);
    assertEquals(all(page, /<a[^>]*\shref="([^#][^"]*)"/g), []);
  }
});

Deno.test("masters that failed are told as a month is, without one", () => {
  const masters = { ...month("masters", "2026-01-01", "failed"), month: null };
  const page = renderPage({ ...ONE_FAILED_MONTH, months: [masters] });
  assert(page.includes("<title>1 part failed"), page);
  const header = page.slice(page.indexOf("<header"), page.indexOf("</header>"));
  assertEquals(all(header, /href="#([^"]*)"/g), ["month-masters-all"]);
  assertEquals(all(page, /id="((?:month|why)-[^"]*)"/g), ["month-masters-all", "why-masters-all"]);
});

Deno.test("whatever the database holds is shown as text", () => {
  const attack = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;`;
  const attacked = (row: object) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value !== "string" || /^\d{4}-\d{2}/.test(value) || (name === "state" && value in STATES)
          ? value
          : value + attack,
      ]),
    );
  const data = Object.fromEntries(
    Object.entries({ ...ONE_FAILED_MONTH, project: attack }).map(([name, value]) => {
      if (Array.isArray(value)) return [name, value.map(attacked)];
      return [
        name,
        name === "throughput"
          ? { ...value as object, bins: ONE_FAILED_MONTH.throughput.bins.map(attacked) }
          : value,
      ];
    }),
  ) as unknown as PageData;
  const page = renderPage({
    ...data,
    runs: data.runs.map((run) => ({ ...run, feeds: [attack] })),
    errors: data.errors.map((error, n) => ({ ...error, message: `${n} ${error.message}` })),
  });
  assertEquals(all(page, /<(script|img)/gi), []);
  const shown = page.split("&lt;script&gt;alert(1)&lt;/script&gt;").length - 1;
  assert(shown > 50, `shown ${shown} times`);
  // A quote that ends an attribute would have let this out of it.
  assertEquals(all(page, /<[a-z]+(?:\s+[\w-]+(?:="[^"]*")?)*\s+(on\w+)=/g), []);
});

Deno.test("the page needs no script and nothing from elsewhere", () => {
  for (const data of [NOTHING_ASKED_FOR, ONE_FAILED_MONTH]) {
    const page = renderPage(data);
    assertEquals(all(page, /(<script|\ssrc=|@import|url\(|https?:)/gi), []);
    assertEquals(all(page, /<link[^>]*\shref="([^"]*)"/g), ["data:,"]);
    assert(page.includes("default-src 'none'"));
    assert(page.startsWith("<!doctype html>"));
  }
});

Deno.test("each table has a caption, and each head of a row or column says which it is", () => {
  const page = renderPage(ONE_FAILED_MONTH);
  const tables = all(page, /(<table[^]*?<\/table>)/g);
  assert(tables.length >= 5, `${tables.length} tables`);
  for (const table of tables) assert(/<caption[^]*?\w[^]*?<\/caption>/.test(table), table.slice(0, 300));
  assertEquals(all(page, /(<th(?! scope="(?:col|row)")[^e>]*>)/g), []);
  // Every image of numbers says them too.
  assertEquals(all(page, /(<svg(?![^>]*aria-label="[^"]{20})[^>]*>)/g), []);
});

Deno.test("each state has a letter and words, beside its colour", () => {
  assertEquals(new Set(MONTH_STATES.map((state) => STATES[state].mark)).size, MONTH_STATES.length);
  for (const state of MONTH_STATES) {
    const page = renderPage({ ...ONE_FAILED_MONTH, months: [month("results", "2026-02-01", state)] });
    const cell = /<td[^>]*id="month-results-2026-02"[^]*?<\/td>/.exec(page)?.[0] ?? "";
    const { mark, words } = STATES[state];
    assert(cell.includes(`cell ${state}`) && cell.includes(`>${mark}<`) && cell.includes(`>${words}`), cell);
  }
});

Deno.test("the headline is the worst that is true", () => {
  const months = [month("results", "2026-05-01")];
  const calm: Partial<PageData> = { months, runs: [], gaps: 0, freshness: [], alerts: [] };
  assertEquals(headline({}), "1 month failed");
  assertEquals(headline({ months }), "Results are late");
  assertEquals(headline({ months, freshness: [] }), "1 alert open");
  assertEquals(headline({ months, freshness: [], alerts: [] }), "Filling: 12 min 34 s left");
  assertEquals(headline(calm), "Everything asked for is stored");
  assertEquals(headline({ ...calm, gaps: 1 }), "1 day missing");
  const paused = ONE_FAILED_MONTH.runs.map((run) => ({ ...run, state: "paused" }));
  assertEquals(headline({ ...calm, runs: paused }), "Run 1 is paused");
});

Deno.test("of many failed months the newest are named, and the rest is a link away", () => {
  const months = Array.from(
    { length: 12 },
    (_, n) => month("results", `2025-${String(n + 1).padStart(2, "0")}-01`, "failed"),
  );
  const page = renderPage({ ...ONE_FAILED_MONTH, months });
  const header = page.slice(page.indexOf("<header"), page.indexOf("</header>"));
  assertEquals(all(header, /href="#([^"]*)"/g), ["month-results-2025-12", "month-results-2025-11", "failed"]);
  assert(textOf(header).includes("10 more failed"), header);
  assertEquals(all(page, /id="(why-[^"]*)"/g).length, 12);
});

Deno.test("times are those of the United Kingdom, summer and winter", () => {
  assertEquals(fullMoment(new Date("2026-06-15T23:30:00Z")), "Tue 16 Jun 2026, 00:30 BST");
  assertEquals(fullMoment(new Date("2026-01-15T00:05:00Z")), "Thu 15 Jan 2026, 00:05 GMT");
});

Deno.test("a chart has bars wide enough to see, and a scale that people count in", () => {
  assertEquals([0, 599, 601, 86_400, 7 * 86_400].map(binSeconds), [10, 10, 60, 3600, 10_800]);
  assertEquals([0, 1, 3, 12, 49, 51, 1001].map(roundUp), [1, 1, 5, 20, 50, 100, 2000]);
});
