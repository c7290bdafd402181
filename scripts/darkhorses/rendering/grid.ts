import {
  type CoverageMonth,
  failedMonths,
  MONTH_STATES,
  type MonthState,
  STATES,
} from "../coverage_month.ts";
import type { Paint, Style } from "./paint.ts";
import { cut, wrap } from "./words.ts";

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
/** They are shown above the grid, where nobody has to scroll for them. */
const MOST_TROUBLES = 4;
const LINES_OF_AN_ERROR = 2;

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
          (feed) =>
            yearOf(year, (month) => {
              const state = states.get(`${feed} ${month}`);
              return state === undefined ? " " : cell(state, paint);
            }),
        )
      ),
    ].join("\n"));
  }
  return [
    ...renderTroubles(months, paint, columns),
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

/** What failed, and what is tried again after an error. */
function renderTroubles(months: readonly GridMonth[], paint: Paint, columns: number): string[] {
  const failed = failedMonths(months);
  const tried = months.filter(({ state, last_error }) => state === "running" && last_error !== null);
  const troubles = [...failed, ...tried];
  if (troubles.length === 0) return [];
  const runs = [...new Set(failed.flatMap(({ run_id }) => run_id ?? []))];
  return [
    ...troubles.slice(0, MOST_TROUBLES).map(({ feed, month, state, run_id, last_error }) => {
      const name = `${feed}${month === null ? "" : ` ${month.slice(0, 7)}`}, run ${run_id ?? "-"}`;
      const again = state === "running" ? " (tried again)" : "";
      const text = `${name}${again}: ${last_error ?? "no error is kept"}`;
      return `${cell(state, paint)} ${
        wrap(cut(text, LINES_OF_AN_ERROR * (columns - 3)), columns, "  ").trimStart()
      }`;
    }),
    ...(troubles.length > MOST_TROUBLES
      ? [`and ${troubles.length - MOST_TROUBLES} more months with errors: see darkhorses chunks`]
      : []),
    ...(runs.length > 0
      ? [wrap(`Once that is fixed: ${runs.map((run) => `darkhorses retry ${run}`).join(", ")}`, columns)]
      : []),
    "",
  ];
}
