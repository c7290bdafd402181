/** The months of coverage_months, which `months` and the page draw as a grid. */

export const MONTH_STATES = [
  "failed",
  "running",
  "complete",
  "partial",
  "missing",
  "not_available",
] as const;
export type MonthState = (typeof MONTH_STATES)[number];

/** A row of coverage_months. */
export interface CoverageMonth {
  readonly feed: string;
  /** Its first day; null of a feed without days. */
  readonly month: string | null;
  readonly state: MonthState;
  readonly days: number;
  readonly days_covered: number;
  readonly races_in_api: number;
  readonly races_stored: number;
  readonly races_rejected: number;
  readonly chunks_live: number;
  readonly chunks_dead: number;
  readonly last_error: string | null;
  readonly run_id: number | null;
}

/** How a state is shown: a mark beside its colour, so that colour alone decides nothing. */
export const STATES: Readonly<Record<MonthState, { readonly mark: string; readonly words: string }>> = {
  failed: { mark: "F", words: "failed" },
  running: { mark: "R", words: "running" },
  complete: { mark: "✓", words: "complete" },
  partial: { mark: "P", words: "partial" },
  missing: { mark: "M", words: "missing" },
  not_available: { mark: "·", words: "not available" },
};

/** What failed, the newest month first; a feed without months before them. */
export function failedMonths<Month extends Pick<CoverageMonth, "month" | "state">>(
  months: readonly Month[],
): Month[] {
  return months.filter(({ state }) => state === "failed")
    .toSorted((one, other) => (other.month ?? "9999").localeCompare(one.month ?? "9999"));
}
