import { presentText, type Sent } from "./missing.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

/** Where a horse finished, or why it did not: exactly one of the two. */
export type Position =
  | { readonly position: number; readonly code: null }
  | { readonly position: null; readonly code: string };

const PLACE = /^=?([1-9]\d{0,3})=?$/;
const CODE = /^\p{L}[\p{L} /.-]*$/u;

/**
 * The Racing API, /results, `position`: digits, or letters (`PU`, `F`, `UR`, `BD`, `RO`, `RR`, `SU`, `REF`, `DSQ`,
 * `LFT`, `CO`, `VOI`). The list is not closed: letters never seen before are kept, in upper case.
 */
export function readPosition(sent: Sent): Reading<Position> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const [, digits] = PLACE.exec(text) ?? [];
  if (digits !== undefined) return known({ position: Number(digits), code: null });
  return CODE.test(text)
    ? known({ position: null, code: text.toUpperCase() })
    : misread("is not a position or letters such as PU");
}
