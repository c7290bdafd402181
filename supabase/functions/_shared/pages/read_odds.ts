import { bookmakerCode } from "../values/bookmaker.ts";
import { presentText, type Sent } from "../values/missing.ts";
import { readInteger } from "../values/numbers.ts";
import { readLondonMoment } from "../values/off_time.ts";
import { readQuotedPrice } from "../values/quoted_price.ts";
import { readDecimalPrice } from "../values/starting_price.ts";
import { sortedBy } from "./harvest.ts";
import type { RowReader } from "./row_reader.ts";
import type { OddsRow } from "./rows.ts";

/** What the odds of one runner become. */
export interface QuotedOdds {
  /** One a bookmaker, sorted by code. */
  readonly rows: readonly OddsRow[];
  /** Names as printed, also of those who offer no price at the moment. */
  readonly bookmakers: readonly string[];
}

/** Of a runner whose odds are not wanted, or not sent. */
export const NO_ODDS: QuotedOdds = { rows: [], bookmakers: [] };

/**
 * The Racing API, /racecards/pro, `odds`: a quote a bookmaker. One without a price (`-`, of a non-runner) has no row.
 * Two spellings of a bookmaker (`Spread Ex`, `Spreadex`) are one, whose newer quote counts.
 */
export function readOdds(sent: unknown, race_id: string, horse_id: string, read: RowReader): QuotedOdds {
  if (!Array.isArray(sent)) {
    if (sent !== undefined && sent !== null && sent !== "") read.noteMisread("odds", sent, "is not a list");
    return NO_ODDS;
  }
  const bookmakers: string[] = [];
  const rows = new Map<string, OddsRow>();
  const quotes: unknown[] = sent;
  quotes.forEach((quote, index) => {
    const path = `odds[${index}]`;
    const name = typeof quote === "object" && quote !== null
      ? presentText(asScalar(Object.getOwnPropertyDescriptor(quote, "bookmaker")?.value))
      : null;
    const bookmaker_code = name === null ? null : bookmakerCode(name);
    if (typeof quote !== "object" || quote === null || name === null || bookmaker_code === null) {
      read.noteMisread(path, quote, "names no bookmaker");
      return;
    }
    bookmakers.push(name);
    const take = <T>(field: string, reader: (value: Sent) => { value: T | null; problem: string | null }) => {
      const sent: unknown = Object.getOwnPropertyDescriptor(quote, field)?.value;
      if (typeof sent === "object" && sent !== null) {
        read.noteMisread(`${path}.${field}`, sent, "is of a kind that cannot be read");
      }
      const value = asScalar(sent);
      return read.take(`${path}.${field}`, value, reader(value));
    };
    const row: OddsRow = {
      race_id,
      horse_id,
      bookmaker_code,
      fractional: take("fractional", readQuotedPrice),
      decimal: take("decimal", readDecimalPrice),
      ew_places: take("ew_places", (value) => readInteger(value)),
      ew_denominator: take("ew_denom", (value) => readInteger(value)),
      quoted_at: take("updated", readLondonMoment),
    };
    const before = rows.get(bookmaker_code)?.quoted_at ?? "";
    if ((row.fractional !== null || row.decimal !== null) && (row.quoted_at ?? "") >= before) {
      rows.set(bookmaker_code, row);
    }
  });
  return { rows: sortedBy(rows.values(), (row) => row.bookmaker_code), bookmakers };
}

/** A list or an object in the place of a value is as good as none. */
function asScalar(sent: unknown): Sent {
  return typeof sent === "string" || typeof sent === "number" || typeof sent === "boolean" ? sent : null;
}
