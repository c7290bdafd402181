/**
 * Whether one text comes after another by code point, as Postgres compares them in the collation "C". JavaScript
 * compares UTF-16 units, which puts a character beyond 16 bits before some that fit.
 */
export function isAfter(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const [a, b] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (a !== b) return inCodePointOrder(a) > inCodePointOrder(b);
  }
  return one.length > other.length;
}

/** Half of a pair stands for a character beyond all that fit into one unit. */
function inCodePointOrder(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
