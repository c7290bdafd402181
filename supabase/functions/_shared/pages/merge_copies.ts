import { readId } from "../values/ids.ts";
import { presentText } from "../values/missing.ts";

/** A field that two copies of an element have with different values. */
export interface Contradiction {
  readonly field: string;
  readonly sent: readonly [earlier: unknown, later: unknown];
}

/** An element of a list, with all copies of it in that list. */
export interface MergedElement {
  readonly raw: unknown;
  /** Its place in the list, and that of its first copy. */
  readonly index: number;
  /** How often it came. */
  readonly copies: number;
  readonly contradictions: readonly Contradiction[];
}

/**
 * A list in which no id comes twice: copies of an element are one, with every value that any of them has. Of two values the
 * later one stands, and both are returned as a contradiction.
 *
 * @param joined lists of the element that are put together, to be merged in their turn
 */
export function mergeCopies(
  list: readonly unknown[],
  idField: string,
  joined: readonly string[],
): MergedElement[] {
  const places = new Map<string, number>();
  const merged: MergedElement[] = [];
  list.forEach((raw, index) => {
    const id = idOf(raw, idField);
    const place = id === null ? undefined : places.get(id);
    const before = place === undefined ? undefined : merged[place];
    if (place !== undefined && before !== undefined) {
      merged[place] = merge(before, raw as object, joined);
      return;
    }
    if (id !== null) places.set(id, merged.length);
    merged.push({ raw, index, copies: 1, contradictions: [] });
  });
  return merged;
}

function idOf(raw: unknown, idField: string): string | null {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return null;
  const sent: unknown = Object.getOwnPropertyDescriptor(raw, idField)?.value;
  return typeof sent === "string" || typeof sent === "number" ? readId(sent).value : null;
}

function merge(before: MergedElement, later: object, joined: readonly string[]): MergedElement {
  const fields = new Map<string, unknown>(Object.entries(before.raw as object));
  const contradictions = [...before.contradictions];
  for (const [field, sent] of Object.entries(later)) {
    const known = fields.get(field);
    if (isMissing(sent) && fields.has(field)) continue;
    if (joined.includes(field) && Array.isArray(known) && Array.isArray(sent)) {
      fields.set(field, [...known, ...sent]);
      continue;
    }
    if (!isMissing(known) && !isSame(known, sent)) contradictions.push({ field, sent: [known, sent] });
    fields.set(field, sent);
  }
  return { ...before, raw: Object.fromEntries(fields), copies: before.copies + 1, contradictions };
}

function isMissing(sent: unknown): boolean {
  if (Array.isArray(sent)) return sent.length === 0;
  return sent === undefined || sent === null || (typeof sent === "string" && presentText(sent) === null);
}

/** The feed makes no difference between a number and its text. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === "object" || typeof other === "object") {
    return JSON.stringify(one) === JSON.stringify(other);
  }
  return String(one).trim() === String(other).trim();
}
