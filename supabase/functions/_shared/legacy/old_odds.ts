import type { RowReader } from "../pages/row_reader.ts";
import type { BookmakerRow, OddsRow } from "../pages/rows.ts";
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

interface Quote {
  readonly row: OddsRow;
  /** As the table has it: moments of one table are texts of one form. */
  readonly at: string;
}

/** The last quote of each bookmaker for a horse: `runnerOdds` of the old table of odds, `live` of its log of odds. */
export function readOldOdds(
  place: { readonly race_id: string; readonly horse_id: string },
  { runnerOdds, live }: { readonly runnerOdds: readonly OldRow[]; readonly live: readonly OldRow[] },
  bookmakers: OldBookmakers,
  read: RowReader,
): OddsRow[] {
  const quotes = new Map<string, OddsRow>();
  const last = (rows: readonly OldRow[], of: (row: OldRow) => Quote | null) => {
    const newest = new Map<string, Quote>();
    for (const row of rows) {
      const quote = of(row);
      if (quote === null) continue;
      if ((newest.get(quote.row.bookmaker_code)?.at ?? "") <= quote.at) {
        newest.set(quote.row.bookmaker_code, quote);
      }
    }
    for (const [code, { row }] of newest) quotes.set(code, row);
  };
  const quoteOf = (
    row: OldRow,
    columns: { readonly fractional: string; readonly decimal: string; readonly at: string },
    readMoment: (sent: Sent) => Reading<string>,
  ): Quote | null => {
    const bookmaker_code = bookmakers.code(column(row, "bookmaker_id"), column(row, "bookmaker_name"));
    const take = <T>(name: string, reader: (sent: Sent) => Reading<T>) =>
      read.take(name, column(row, name), reader(column(row, name)));
    if (bookmaker_code === null) {
      read.noteMisread("bookmaker_id", column(row, "bookmaker_id"), "names no bookmaker");
      return null;
    }
    const odds: OddsRow = {
      ...place,
      bookmaker_code,
      fractional: take(columns.fractional, readQuotedPrice),
      decimal: take(columns.decimal, readDecimalPrice),
      ew_places: take("ew_places", (sent) => readInteger(sent)),
      ew_denominator: take("ew_denom", (sent) => readInteger(sent)),
      quoted_at: take(columns.at, readMoment),
    };
    const hasPrice = odds.fractional !== null || odds.decimal !== null;
    return hasPrice ? { row: odds, at: String(column(row, columns.at) ?? "") } : null;
  };
  // A wall clock again: the API's text went into a column without zone.
  last(runnerOdds, (row) =>
    quoteOf(
      row,
      { fractional: "fractional_odds", decimal: "decimal_odds", at: "updated_at" },
      readLondonMoment,
    ));
  // Bets in running, and on places alone, have prices of their own.
  last(
    live.filter((row) =>
      column(row, "in_play") !== true && first(column(row, "market_type"), "WIN") === "WIN"
    ),
    (row) =>
      quoteOf(
        row,
        { fractional: "odds_fractional", decimal: "odds_decimal", at: "odds_timestamp" },
        readOffDt,
      ),
  );
  return [...quotes.values()].sort((one, other) => one.bookmaker_code < other.bookmaker_code ? -1 : 1);
}
