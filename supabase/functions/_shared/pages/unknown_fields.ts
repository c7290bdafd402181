import { storableJson } from "../values/json.ts";
import { presentText, storableText } from "../values/missing.ts";
import type { ObjectKind, UnknownField } from "./rows.ts";

/** The name becomes part of a key, and an index row takes 2,704 bytes. */
const MAX_NAME_LENGTH = 200;
/** Enough to see what a field is about. */
const MAX_VALUE_BYTES = 150;
const ELLIPSIS = "…";

interface Counted {
  readonly object: ObjectKind;
  readonly field: string;
  seen: number;
  first: unknown;
  newest: unknown;
}

/**
 * Counts the fields that a schema does not name, and keeps two values of each: the feed's way of announcing a change.
 */
export class UnknownFields {
  readonly #counts = new Map<string, Counted>();

  /** Counts what `object` carries beyond the fields of its schema. */
  count(kind: ObjectKind, object: object, known: ReadonlySet<string>): void {
    for (const field in object) {
      if (known.has(field) || !Object.hasOwn(object, field)) continue;
      this.#note(kind, field, object[field as keyof typeof object]);
    }
  }

  /** Counts what a part of an element carries: an object, or each object of a list. Anything else has no fields. */
  countPart(kind: ObjectKind, part: unknown, known: ReadonlySet<string>): void {
    if (Array.isArray(part)) {
      for (const element of part) if (isRecord(element)) this.count(kind, element, known);
    } else if (isRecord(part)) this.count(kind, part, known);
  }

  /** The counts, in the order in which the fields were first seen. */
  list(): UnknownField[] {
    return [...this.#counts.values()].map(({ object, field, seen, first, newest }) => ({
      object,
      field,
      seen,
      first_value: jsonText(first),
      newest_value: jsonText(newest),
    }));
  }

  #note(object: ObjectKind, field: string, sent: unknown): void {
    const name = storableText(field.slice(0, MAX_NAME_LENGTH));
    const key = `${object}.${name}`;
    let counted = this.#counts.get(key);
    if (counted === undefined) {
      counted = { object, field: name, seen: 0, first: null, newest: null };
      this.#counts.set(key, counted);
    }
    counted.seen++;
    if (isMissing(sent)) return;
    counted.first ??= sent;
    counted.newest = sent;
  }
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isMissing(sent: unknown): boolean {
  if (Array.isArray(sent)) return sent.length === 0;
  return sent === undefined || sent === null || (typeof sent === "string" && presentText(sent) === null);
}

/** Whole: what is to be found in a text, such as a secret, has to be found before it is cut off. */
function jsonText(sent: unknown): string | null {
  return sent === null ? null : JSON.stringify(storableJson(sent));
}

/** The beginning of a value, in at most 150 bytes of UTF-8, as it is stored. No character is cut in half. */
export function excerpt(value: string): string {
  const text = storableText(value);
  const encoder = new TextEncoder();
  // A character has at least one byte for each of its UTF-16 units.
  if (text.length <= MAX_VALUE_BYTES && encoder.encode(text).length <= MAX_VALUE_BYTES) return text;
  const room = new Uint8Array(MAX_VALUE_BYTES - encoder.encode(ELLIPSIS).length);
  return text.slice(0, encoder.encodeInto(text, room).read) + ELLIPSIS;
}
