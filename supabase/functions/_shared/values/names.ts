import { presentText, type Sent } from "./missing.ts";

/** A name and the region that stood behind it. */
export interface NameWithRegion {
  readonly name: string | null;
  /** Lower case: `ire`. */
  readonly region: string | null;
}

const SUFFIX = /^(.*\S)\s*\(([A-Z]{2,3})\)$/s;

/**
 * The Racing API, `horse`, `sire`, `dam` and `damsire`: results say `Some Horse (IRE)`, cards `Some Horse` with the
 * region in a field of its own, and results give damsires without any. One horse has one name.
 */
export function readAnimalName(sent: Sent): NameWithRegion {
  const text = presentText(sent);
  const [, name = text, region = null] = SUFFIX.exec(text ?? "") ?? [];
  return { name, region: region?.toLowerCase() ?? null };
}

/** The Racing API, `course`: cards say `Some Course (AW)`, results `Some Course (AW) (IRE)`. The surface stays. */
export function readCourseName(sent: Sent): string | null {
  const text = presentText(sent);
  const [, name = text, suffix] = SUFFIX.exec(text ?? "") ?? [];
  return suffix === "AW" ? text : name;
}
