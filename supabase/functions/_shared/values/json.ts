import { storableText } from "./missing.ts";

/** A value that jsonb can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Postgres and this function both recurse into nested JSON; what lies deeper than this is no racing data. */
const MAX_DEPTH = 64;

/**
 * The same JSON without what jsonb refuses: NUL and half surrogate pairs in text and keys, and anything nested deeper
 * than 64 levels (null in its place). Returns the very same objects where nothing has to change.
 */
export function storableJson(value: unknown, depth = 0): Json {
  switch (typeof value) {
    case "string":
      return storableText(value);
    case "number":
      return Number.isFinite(value) ? value : null;
    case "boolean":
      return value;
    case "object":
      if (value === null || depth >= MAX_DEPTH) return null;
      return Array.isArray(value) ? storableList(value, depth) : storableRecord(value, depth);
    default:
      return null;
  }
}

function storableList(list: unknown[], depth: number): Json[] {
  const stored = list.map((element) => storableJson(element, depth + 1));
  return stored.every((element, index) => element === list[index]) ? list as Json[] : stored;
}

function storableRecord(record: object, depth: number): { [key: string]: Json } {
  let changed = false;
  const entries = Object.entries(record).map(([key, value]): [string, Json] => {
    const storedKey = storableText(key);
    const stored = storableJson(value, depth + 1);
    if (storedKey !== key || stored !== value) changed = true;
    return [storedKey, stored];
  });
  // Not by assignment: that would take a key "__proto__" for the prototype.
  return changed ? Object.fromEntries(entries) : record as { [key: string]: Json };
}

/** The Racing API, /racecards/pro, lists of a runner (`quotes`, `medical`, …): as sent; none is null, not `[]`. */
export function jsonList(list: readonly unknown[] | null | undefined): Json[] | null {
  return list && list.length > 0 ? storableList([...list], 0) : null;
}
