import { sortedBy } from "../pages/harvest.ts";
import type { RowReader } from "../pages/row_reader.ts";
import type { BookmakerRow, OddsHistoryRow, OddsRow } from "../pages/rows.ts";
import { bookmakerCode } from "../values/bookmaker.ts";
import { presentText, type Sent } from "../values/missing.ts";
import { readInteger } from "../values/numbers.ts";
import { readLondonMoment, readOffDt } from "../values/off_time.ts";
import { readQuotedPrice } from "../values/quoted_price.ts";
import type { Reading } from "../values/reading.ts";
import { readDecimalPrice } from "../values/starting_price.ts";
import { column, first, type OldRow } from "./old_rows.ts";

/** The old bookmakers: odds name them by number, or by a code with underscores. */
export class OldBookmakers {
  readonly #names = new Map<string, string>();
  readonly #seen = new Map<string, BookmakerRow>();

  constructor(rows: readonly OldRow[]) {
    for (const row of rows) {
      const name = presentText(first(column(row, "name"), column(row, "code")));
      if (name === null) continue;
      for (const key of ["id", "code"]) this.#names.set(String(column(row, key) ?? ""), name);
      this.#note(name);
    }
  }

  /** Our code for a bookmaker; null when nothing names it. */
  code(key: Sent, name: Sent): string | null {
    const known = this.#names.get(String(key ?? "")) ?? presentText(name) ?? null;
    const text = known ?? (/\D/.test(String(key ?? "")) ? presentText(key) : null);
    return text === null ? null : this.#note(text);
  }

  /** Of unknown type, so that nothing of a bookmaker that is known changes. */
  rows(): BookmakerRow[] {
    return [...this.#seen.values()].sort((one, other) => one.code < other.code ? -1 : 1);
  }

  #note(name: string): string | null {
    const code = bookmakerCode(name);
    if (code !== null && !this.#seen.has(code)) this.#seen.set(code, { code, name, type: "unknown" });
    return code;
  }
}

/** The old tables of odds, of one horse in one race. */
export interface OldOdds {
  /** The table of odds: the last quote that was read, of each bookmaker. */
  readonly runnerOdds: readonly OldRow[];
  /** The log of odds: a row each time that it was read. */
  readonly live: readonly OldRow[];
  /** Earlier quotes of the table of odds, each with the bookmaker of the one that it belongs to. */
  readonly earlier: readonly OldRow[];
}

interface Columns {
  readonly fractional: string;
  readonly decimal: string;
  readonly at: string;
  readonly readMoment: (sent: Sent) => Reading<string>;
}

// A wall clock again: the API's text went into a column without zone.
const RUNNER_ODDS: Columns = {
  ...{ fractional: "fractional_odds", decimal: "decimal_odds", at: "updated_at" },
  readMoment: readLondonMoment,
};
const EARLIER: Columns = { ...RUNNER_ODDS, at: "timestamp" };
const LIVE: Columns = {
  ...{ fractional: "odds_fractional", decimal: "odds_decimal", at: "odds_timestamp" },
  readMoment: readOffDt,
};

/**
 * The last quote of each bookmaker before the race, and all quotes that have a moment. Of the last ones that of the log
 * goes before that of the table. Bets on places alone have prices of their own, and are in neither.
 */
export function readOldOdds(
  place: { readonly race_id: string; readonly horse_id: string },
  { runnerOdds, live, earlier }: OldOdds,
  bookmakers: OldBookmakers,
  read: RowReader,
): { readonly last: OddsRow[]; readonly history: OddsHistoryRow[] } {
  const last = new Map<string, OddsRow>();
  const history = new Map<string, OddsHistoryRow>();
  const readAll = (rows: readonly OldRow[], columns: Columns, isLast: boolean) => {
    const newest = new Map<string, string>();
    for (const row of rows) {
      const quote = readQuote(row, place, columns, bookmakers, read);
      if (quote === null) continue;
      const { bookmaker_code, quoted_at } = quote;
      const isInRunning = column(row, "in_play") === true;
      if (quoted_at !== null) {
        history.set(`${bookmaker_code} ${quoted_at}`, { ...quote, quoted_at, is_in_running: isInRunning });
      }
      // As the table has it: moments of one table are texts of one form.
      const at = String(column(row, columns.at) ?? "");
      if (!isLast || isInRunning || (newest.get(bookmaker_code) ?? "") > at) continue;
      newest.set(bookmaker_code, at);
      last.set(bookmaker_code, quote);
    }
  };
  readAll(earlier, EARLIER, false);
  readAll(runnerOdds, RUNNER_ODDS, true);
  readAll(live.filter((row) => first(column(row, "market_type"), "WIN") === "WIN"), LIVE, true);
  return {
    last: sortedBy(last.values(), (row) => row.bookmaker_code),
    history: [...history.values()],
  };
}

/** A quote; null when it has no price, or names no bookmaker. */
function readQuote(
  row: OldRow,
  place: { readonly race_id: string; readonly horse_id: string },
  columns: Columns,
  bookmakers: OldBookmakers,
  read: RowReader,
): OddsRow | null {
  const bookmaker_code = bookmakers.code(column(row, "bookmaker_id"), column(row, "bookmaker_name"));
  if (bookmaker_code === null) {
    read.noteMisread("bookmaker_id", column(row, "bookmaker_id"), "names no bookmaker");
    return null;
  }
  const take = <T>(name: string, reader: (sent: Sent) => Reading<T>) =>
    read.take(name, column(row, name), reader(column(row, name)));
  const quote: OddsRow = {
    ...place,
    bookmaker_code,
    fractional: take(columns.fractional, readQuotedPrice),
    decimal: take(columns.decimal, readDecimalPrice),
    ew_places: take("ew_places", (sent) => readInteger(sent)),
    ew_denominator: take("ew_denom", (sent) => readInteger(sent)),
    quoted_at: take(columns.at, columns.readMoment),
  };
  return quote.fractional !== null || quote.decimal !== null ? quote : null;
}
