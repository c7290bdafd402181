import { presentText, type Sent } from "./missing.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

/** The Racing API, /racecards/pro, `big_race` and `is_abandoned`: booleans, the only ones of the feed. */
export function readBoolean(sent: Sent): Reading<boolean> {
  switch (presentText(sent)?.toLowerCase()) {
    case undefined:
      return MISSING;
    case "true":
    case "1":
      return known(true);
    case "false":
    case "0":
      return known(false);
    default:
      return misread("is not true or false");
  }
}
