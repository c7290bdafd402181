import { bookmakerCode, type BookmakerType } from "../values/bookmaker.ts";
import type { BookmakerRow } from "./rows.ts";

const NAMES_BY_TYPE: readonly (readonly [BookmakerType, readonly string[]])[] = [
  ["online", [
    "Bet365",
    "William Hill",
    "Ladbrokes",
    "Coral",
    "Paddy Power",
    "Betfair Sportsbook",
    "Sky Bet",
    "BetVictor",
    "Betfred",
    "888sport",
    "Unibet",
    "Betway",
    "BoyleSports",
  ]],
  ["exchange", ["Betfair Exchange", "Betdaq", "Matchbook", "Smarkets"]],
  ["spread", ["Spreadex", "Sporting Index"]],
];

/** The bookmakers of the UK and Ireland that are known by name. The API has no list of them. */
export const KNOWN_BOOKMAKERS: readonly BookmakerRow[] = NAMES_BY_TYPE.flatMap(([type, names]) =>
  names.flatMap((name) => {
    const code = bookmakerCode(name);
    return code === null ? [] : [{ code, name, type }];
  })
);
