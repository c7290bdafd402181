import { createHash, timingSafeEqual } from "node:crypto";

/** Compares in constant time: hashes have the same length for any text. */
export function isSameText(given: string, expected: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
