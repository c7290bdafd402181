import { readId } from "../values/ids.ts";
import { presentText } from "../values/missing.ts";
import type { ElementParser, SetAside } from "./element_parser.ts";
import { UnknownFields } from "./unknown_fields.ts";

/** A field that two copies of an element have with different values. */
export interface Contradiction {
  readonly field: string;
  readonly sent: readonly [earlier: unknown, later: unknown];
}

/** An element of a list, with all copies of it in that list that can be read. */
export interface MergedElement {
  readonly raw: unknown;
  /** Its place in the list, and that of its first copy. */
  readonly index: number;
  /** How often it came. */
  readonly copies: number;
  readonly contradictions: readonly Contradiction[];
  /** Values of a kind that cannot be read, where another copy has one that can. */
  readonly setAside: readonly SetAside[];
}

/** How the copies in a list are found and put together. */
export interface Merging {
  readonly idField: string;
  /** Lists of the element that are put together, to be merged in their turn. */
  readonly joined: readonly string[];
  /** Says which copies can be read. Only elements that come more than once are tried. */
  readonly parse: ElementParser<unknown>;
}

/** A copy that can be read. */
interface Copy {
  readonly raw: object;
  readonly index: number;
  readonly setAside: readonly SetAside[];
}

/**
 * A list in which no id comes twice: copies of an element are one, with every value that any of them has. Of two values
 * the later one stands, and both are returned as a contradiction. A copy that cannot be read spoils no other: it stays
 * an element of its own.
 */
export function mergeCopies(list: readonly unknown[], merging: Merging): MergedElement[] {
  const places = new Map<string, number[]>();
  list.forEach((raw, index) => {
    const id = idOf(raw, merging.idField);
    if (id === null) return;
    const known = places.get(id);
    if (known === undefined) places.set(id, [index]);
    else known.push(index);
  });
  const merged = new Map<number, MergedElement>();
  const gone = new Set<number>();
  for (const indices of places.values()) {
    if (indices.length === 1) continue;
    const [first, ...others] = indices.flatMap((index) => readCopy(list, index, merging.parse));
    if (first === undefined) continue;
    for (const { index } of others) gone.add(index);
    merged.set(first.index, mergeAll(first, others, merging.joined));
  }
  return list.flatMap((raw, index) =>
    gone.has(index) ? [] : [merged.get(index) ?? { raw, index, copies: 1, contradictions: [], setAside: [] }]
  );
}

function idOf(raw: unknown, idField: string): string | null {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return null;
  const sent: unknown = Object.getOwnPropertyDescriptor(raw, idField)?.value;
  return typeof sent === "string" || typeof sent === "number" ? readId(sent).value : null;
}

function readCopy(list: readonly unknown[], index: number, parse: ElementParser<unknown>): Copy[] {
  const raw = list[index];
  // The fields that nobody knows are counted when the merged element is read.
  const parsed = parse(raw, new UnknownFields());
  return parsed.ok && typeof raw === "object" && raw !== null
    ? [{ raw, index, setAside: parsed.setAside }]
    : [];
}

function mergeAll(first: Copy, others: readonly Copy[], joined: readonly string[]): MergedElement {
  const fields = new Map<string, unknown>(Object.entries(first.raw));
  const odd = new Set(first.setAside.map(({ field }) => field));
  const contradictions: Contradiction[] = [];
  const setAside: SetAside[] = [];
  for (const later of others) {
    const oddLater = new Set(later.setAside.map(({ field }) => field));
    for (const [field, sent] of Object.entries(later.raw)) {
      const known = fields.get(field);
      if (isMissing(sent) && fields.has(field)) continue;
      if (oddLater.has(field) && !isMissing(known) && !odd.has(field)) {
        setAside.push({ field, sent });
        continue;
      }
      if (joined.includes(field) && Array.isArray(known) && Array.isArray(sent)) {
        fields.set(field, [...known, ...sent]);
        continue;
      }
      if (odd.has(field) && !oddLater.has(field)) setAside.push({ field, sent: known });
      else if (!isMissing(known) && !isSame(known, sent)) contradictions.push({ field, sent: [known, sent] });
      fields.set(field, sent);
      if (oddLater.has(field)) odd.add(field);
      else odd.delete(field);
    }
  }
  const raw = Object.fromEntries(fields);
  return { raw, index: first.index, copies: 1 + others.length, contradictions, setAside };
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
