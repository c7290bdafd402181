import { storableText } from "../values/missing.ts";
import type { ObjectKind, UnknownField } from "./rows.ts";

/** The name becomes part of a key, and an index row takes 2,704 bytes. */
const MAX_LENGTH = 200;

/** Counts the fields that a schema does not name: the feed's way of announcing a change. */
export class UnknownFields {
  readonly #counts = new Map<string, UnknownField>();

  /** Counts what `object` carries beyond the fields of its schema. */
  count(kind: ObjectKind, object: object, known: ReadonlySet<string>): void {
    for (const field of Object.keys(object)) {
      if (known.has(field)) continue;
      const name = storableText(field.slice(0, MAX_LENGTH));
      const key = `${kind}.${name}`;
      const counted = this.#counts.get(key);
      if (counted) counted.seen++;
      else this.#counts.set(key, { object: kind, field: name, seen: 1 });
    }
  }

  /** The counts, in the order in which the fields were first seen. */
  list(): UnknownField[] {
    return [...this.#counts.values()];
  }
}
