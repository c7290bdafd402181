/** What stands where the feed's description promises a string: mostly that, at times a number, a boolean or nothing. */
export type Sent = string | number | boolean | null | undefined;

const NOT_FOR_POSTGRES = /[\0\p{Surrogate}]/gu;

/** Text as Postgres can store it: neither text nor jsonb takes NUL or half of a surrogate pair. */
export function storableText(text: string): string {
  return text.isWellFormed() && !text.includes("\0") ? text : text.replace(NOT_FOR_POSTGRES, "");
}

/**
 * Text without the ways in which The Racing API says that there is none: `""`, `null`, an absent field, `-` (cards) and
 * `–`, U+2013 (results). Trimmed, and safe to store.
 */
export function presentText(sent: Sent): string | null {
  if (sent === null || sent === undefined) return null;
  if (typeof sent !== "string") {
    return typeof sent === "number" && !Number.isFinite(sent) ? null : String(sent);
  }
  const text = storableText(sent).trim();
  return text === "" || text === "-" || text === "–" ? null : text;
}
