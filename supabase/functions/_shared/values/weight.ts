import { presentText, type Sent } from "./missing.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

const STONES = /^(\d{1,2})-(\d{1,2})$/;
const POUNDS_PER_STONE = 14;

/** The Racing API, /results, `weight`, in pounds: `8-10` is 8 stone 10. Only for a result without `weight_lbs`. */
export function readStones(sent: Sent): Reading<number> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [, stones, pounds] = STONES.exec(text) ?? [];
  return Number(pounds) < POUNDS_PER_STONE
    ? known(Number(stones) * POUNDS_PER_STONE + Number(pounds))
    : misread("is not a weight such as 8-10");
}
