import { presentText, type Sent } from "../values/missing.ts";

/** A name that stands in the place of an id: only where there is none. */
export function namedOnly(id: string | null, name: Sent): string | null {
  return id === null ? presentText(name) : null;
}
