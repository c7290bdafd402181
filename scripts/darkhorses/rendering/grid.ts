import { type CoverageMonth, MONTH_STATES, type MonthState, STATES } from "../coverage_month.ts";
import type { Paint, Style } from "./paint.ts";
import { cut } from "./words.ts";

const STYLES: Readonly<Record<MonthState, Style>> = {
  failed: ["white", "bgRed"],
  running: ["white", "bgBlue"],
  complete: "green",
  partial: ["black", "bgYellow"],
  missing: ["black", "bgWhite"],
  not_available: "dim",
};

/** What the grid needs of a month. */
export type GridMonth = Pick<CoverageMonth, "feed" | "month" | "state" | "last_error" | "run_id">;

const MONTHS = "J F M A M J J A S O N D";
const YEAR_WIDTH = 6;
const FEED_WIDTH = MONTHS.length + 3;
/** Failed months are shown above the grid, where nobody has to scroll for them. */
const MOST_FAILED = 5;

/** Years down, months across, feeds side by side as far as they fit; what failed comes first, with its error. */
export function renderGrid(months: readonly GridMonth[], paint: Paint, columns = 80): string {
  const dated = months.flatMap((each) => each.month === null ? [] : [{ ...each, month: each.month }]);
  const feeds = [...new Set(dated.map(({ feed }) => feed))];
  const years = [...new Set(dated.map(({ month }) => month.slice(0, 4)))].toSorted().toReversed();
  const states = new Map(dated.map(({ feed, month, state }) => [`${feed} ${month.slice(0, 7)}`, state]));
  const perRow = Math.max(1, Math.floor((columns - YEAR_WIDTH + 3) / FEED_WIDTH));
  const blocks: string[] = [];
  for (let from = 0; from < feeds.length; from += perRow) {
    const beside = feeds.slice(from, from + perRow);
    const line = (start: string, cells: (feed: string) => string) =>
      (start.padEnd(YEAR_WIDTH) + beside.map(cells).join("   ")).trimEnd();
    blocks.push([
      line("", (feed) => paint("bold", feed.padEnd(MONTHS.length))),
      line("", () => MONTHS),
      ...years.map((year) =>
        line(
          year,
          (feed) => yearOf(year, (month) => cell(states.get(`${feed} ${month}`) ?? "not_available", paint)),
        )
      ),
    ].join("\n"));
  }
  return [
    ...renderFailed(months, paint, columns),
    MONTH_STATES.map((state) => `${cell(state, paint)} ${STATES[state].words}`).join("   "),
    ...months.filter(({ month }) => month === null).map(({ feed, state }) =>
      `${feed}: ${cell(state, paint)} ${STATES[state].words}`
    ),
    "",
    ...blocks,
  ].join("\n");
}

function yearOf(year: string, cellOf: (month: string) => string): string {
  return Array.from({ length: 12 }, (_, n) => cellOf(`${year}-${String(n + 1).padStart(2, "0")}`)).join(" ");
}

function cell(state: MonthState, paint: Paint): string {
  return paint(STYLES[state], STATES[state].mark);
}

function renderFailed(months: readonly GridMonth[], paint: Paint, columns: number): string[] {
  const failed = months.filter(({ state }) => state === "failed")
    .toSorted((one, other) => (other.month ?? "9").localeCompare(one.month ?? "9"));
  if (failed.length === 0) return [];
  const runs = [...new Set(failed.flatMap(({ run_id }) => run_id ?? []))];
  return [
    ...failed.slice(0, MOST_FAILED).map(({ feed, month, run_id, last_error }) => {
      const name = `${feed}${month === null ? "" : ` ${month.slice(0, 7)}`}, run ${run_id ?? "-"}: `;
      return `${cell("failed", paint)} ${name}${
        cut(last_error ?? "no error is kept", columns - name.length - 2)
      }`;
    }),
    ...(failed.length > MOST_FAILED
      ? [`and ${failed.length - MOST_FAILED} more failed months: see chunks`]
      : []),
    `Once that is fixed: deno task darkhorses retry ${runs[0] ?? "RUN"}`,
    "",
  ];
}
