import { presentText, type Sent } from "./missing.ts";
import { isRegion } from "./regions.ts";

/** A name and the region that stood behind it. */
export interface NameWithRegion {
  readonly name: string | null;
  /** Lower case: `ire`. */
  readonly region: string | null;
}

const SUFFIX = /^(.*\S)\s*\(([A-Z]{2,3})\)$/s;

/** A name and what stands in brackets behind it, if that is a region: `(II)` and `(AW)` are none. */
function splitRegion(text: string): { readonly name: string; readonly region: string | null } {
  const [, name = text, suffix = ""] = SUFFIX.exec(text) ?? [];
  const region = suffix.toLowerCase();
  return isRegion(region) ? { name, region } : { name: text, region: null };
}

/**
 * The Racing API, `horse`, `sire`, `dam` and `damsire`: results say `Some Horse (IRE)`, cards `Some Horse` with the
 * region in a field of its own, and results give damsires without any. One horse has one name.
 */
export function readAnimalName(sent: Sent): NameWithRegion {
  const text = presentText(sent);
  return text === null ? { name: null, region: null } : splitRegion(text);
}

/** The Racing API, `course`: cards say `Some Course (AW)`, results `Some Course (AW) (IRE)`. Surface and side stay. */
export function readCourseName(sent: Sent): string | null {
  return readAnimalName(sent).name;
}

/** Whether two names differ in spaces and in the case of A to Z only, as the database's `engine.plain_name` compares. */
export function isSameName(one: string, other: string): boolean {
  return plainName(one) === plainName(other);
}

function plainName(name: string): string {
  return name.replace(/[ \t\n\v\f\r]/g, "").replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
