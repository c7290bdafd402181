import type { Paint, Style } from "./paint.ts";
import { cut } from "./words.ts";

export type MonthState = "failed" | "running" | "complete" | "partial" | "missing" | "not_available";

/** A row of coverage_months. */
export interface CoverageMonth {
  readonly feed: string;
  /** Its first day; null of a feed without days. */
  readonly month: string | null;
  readonly state: MonthState;
  readonly last_error: string | null;
  readonly run_id: number | null;
}

/** A letter for each state, so that colour alone decides nothing. */
const CELLS: Readonly<Record<MonthState, { letter: string; style: Style; words: string }>> = {
  complete: { letter: "C", style: ["black", "bgGreen"], words: "complete" },
  partial: { letter: "P", style: ["black", "bgYellow"], words: "partial" },
  missing: { letter: "M", style: ["black", "bgWhite"], words: "missing" },
  running: { letter: "R", style: ["white", "bgBlue"], words: "running" },
  failed: { letter: "F", style: ["white", "bgRed"], words: "failed" },
  not_available: { letter: "·", style: "dim", words: "not available" },
};

const MONTHS = "J F M A M J J A S O N D";
const YEAR_WIDTH = 6;
const FEED_WIDTH = MONTHS.length + 3;
/** Failed months are shown above the grid, where nobody has to scroll for them. */
const MOST_FAILED = 5;

/** Years down, months across, feeds side by side as far as they fit; what failed comes first, with its error. */
export function renderGrid(months: readonly CoverageMonth[], paint: Paint, columns = 80): string {
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
    Object.values(CELLS).map(({ letter, style, words }) => `${paint(style, letter)} ${words}`).join("   "),
    ...months.filter(({ month }) => month === null).map(({ feed, state }) =>
      `${feed}: ${cell(state, paint)} ${CELLS[state].words}`
    ),
    ...blocks,
  ].join("\n");
}

function yearOf(year: string, cellOf: (month: string) => string): string {
  return Array.from({ length: 12 }, (_, n) => cellOf(`${year}-${String(n + 1).padStart(2, "0")}`)).join(" ");
}

function cell(state: MonthState, paint: Paint): string {
  const { letter, style } = CELLS[state];
  return paint(style, letter);
}

function renderFailed(months: readonly CoverageMonth[], paint: Paint, columns: number): string[] {
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
