/** What kind of bookmaker a name speaks of. The known set in the database knows better. */
export type BookmakerType = "online" | "exchange" | "spread" | "tote" | "unknown";

const NOT_IN_A_CODE = /[^a-z0-9]+/g;
const MAX_LENGTH = 100;

/**
 * The Racing API, /racecards/pro, `odds[].bookmaker`: bookmakers have no ids, and their spelling changes (`Spread Ex`,
 * `Spreadex`). The code is the name's lower-case letters and digits; null when none is left.
 */
export function bookmakerCode(name: string): string | null {
  return name.toLowerCase().replace(NOT_IN_A_CODE, "").slice(0, MAX_LENGTH) || null;
}

/** The type that the name itself gives away. */
export function bookmakerType(code: string): BookmakerType {
  if (code.includes("exchange")) return "exchange";
  return code === "tote" ? "tote" : "unknown";
}
