/**
 * Bookmakers' odds as ready JSON text: 28 of them for each runner are nine tenths of a card, so the pieces are made
 * once and only joined afterwards.
 */

import { dayOf, londonStamp } from "../london.ts";
import { LADDER } from "./values.ts";

/** The names changed over the years: `Spread Ex` is `Spreadex` now. */
const UNTIL_JUNE_2025 =
  ("Bet365;William Hill;Coral;Ladbrokes;Paddy Power;Betfred;Sky Bet;Unibet;Boyle Sports;" +
    "Bet Victor;Betway;888 Sport;10 Bet;Bet UK;Livescore Bet;Pari Match;Quinn Bet;Star Sports;Tote;V Bet;" +
    "Sporting Index;Spread Ex;Betfair Sportsbook;Betfair Exchange;Matchbook;Virgin Bet;Grosvenor Sports;Dragon Bet")
    .split(";");
const FROM_JULY_2025 =
  ("Bet365;William Hill;Coral;Ladbrokes;Betfred;Boyle Sports;Bet Victor;Unibet;Betway;BetMGM;" +
    "Virgin Bet;10 Bet;7Bet;Bet Goodwin;BetTom;BresBet;CopyBet;Dragon Bet;Gentlemen Jim;Grosvenor Sports;Midnite;" +
    "PricedUp Bet;Quinn Bet;SportingIndex;Spreadex;Star Sports;talkSPORT BET;Betfair Exchange").split(";");
const RENAMED_ON = dayOf("2025-07-01");

interface Book {
  /** `{"bookmaker":…,"ew_places":"` for each bookmaker and price. */
  readonly heads: readonly (readonly string[])[];
  readonly none: readonly string[];
  /** No price before the off. */
  readonly atTheOff: readonly string[];
}

const books = [UNTIL_JUNE_2025, FROM_JULY_2025].map(makeBook);

function makeBook(names: readonly string[]): Book {
  return {
    heads: names.map((name) => {
      const exchange = name === "Betfair Exchange" || name === "Matchbook";
      return LADDER.map(({ fraction, decimal }) => {
        const price = exchange ? Math.round(decimal * 107) / 100 : decimal;
        const text = exchange ? `${Math.round((price - 1) * 100)}/100` : fraction;
        return `{"bookmaker":"${name}","fractional":"${text}","decimal":"${price}","ew_places":"`;
      });
    }),
    atTheOff: names.map((name) => `{"bookmaker":"${name}","fractional":"SP","decimal":"-","ew_places":"`),
    none: names.map((name) => `{"bookmaker":"${name}","fractional":"-","decimal":"-","ew_places":"`),
  };
}

/** Each-way terms of a field. */
export function eachWay(
  fieldSize: number,
  handicap: boolean,
): readonly [places: string, denominator: string] {
  if (fieldSize < 5) return ["", ""];
  if (fieldSize < 8) return ["2", "4"];
  return handicap && fieldSize >= 16 ? ["4", "4"] : ["3", "5"];
}

/** The odds of one runner as a JSON array: `price` is its place in the ladder, undefined for a non-runner. */
export function oddsJson(about: {
  readonly day: number;
  readonly price: number | undefined;
  readonly hash: number;
  readonly terms: readonly [string, string];
  /** When the odds were last looked at. */
  readonly at: number;
}): string {
  const { price, hash, terms, at } = about;
  const book = books[about.day >= RENAMED_ON ? 1 : 0];
  if (!book) return "[]";
  const updated = londonStamp(at);
  const last = LADDER.length - 1;
  const tail = price === undefined
    ? `","ew_denom":"","updated":"${updated}","history":`
    : `${terms[0]}","ew_denom":"${terms[1]}","updated":"${updated}","history":`;
  let text = "[";
  for (let i = 0; i < book.heads.length; i++) {
    if (i > 0) text += ",";
    if (price === undefined) {
      text += (book.none[i] ?? "") + tail + "[]}";
      continue;
    }
    if ((hash >>> i) % 64 === 9) {
      text += (book.atTheOff[i] ?? "") + tail + "[]}";
      continue;
    }
    // Two bits of the hash decide whether this bookmaker is shorter, longer or with the crowd.
    const leaning = ((hash >>> (i % 15) * 2) ^ i) & 3;
    const own = Math.max(0, Math.min(last, price + (leaning === 3 ? 1 : leaning === 0 ? -1 : 0)));
    text += (book.heads[i]?.[own] ?? "") + tail + (i % 9 === 3 ? history(own, hash >>> i, at) : "[]") + "}";
  }
  return text + "]";
}

function history(price: number, hash: number, at: number): string {
  const moves: string[] = [];
  const count = 1 + hash % 3;
  for (let i = 0; i < count; i++) {
    const step = LADDER[Math.max(0, Math.min(LADDER.length - 1, price + ((hash >>> i) % 5) - 2))];
    const changed = londonStamp(at - (i + 1) * (600_000 + hash % 3_000_000));
    moves.push(
      `{"changed_at":"${changed}","fractional":"${step?.fraction ?? ""}","decimal":"${step?.decimal ?? ""}"}`,
    );
  }
  return `[${moves.join(",")}]`;
}
