/**
 * A number from 0 to below 1 that follows from its parts alone: the same parts, the same number, in any order of
 * asking. Faults are decided by it instead of by a stream of random numbers, so that what happens to one call does
 * not depend on which other call came first.
 */
export function chance(...parts: readonly (string | number)[]): number {
  const text = JSON.stringify(parts);
  // FNV-1a in two halves, then mixed: 53 bits.
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)) / 2 ** 53;
}

/** One of the choices, by such a number. */
export function choose<T>(choices: readonly [T, ...T[]], ...parts: readonly (string | number)[]): T {
  return choices[Math.floor(chance(...parts) * choices.length)] ?? choices[0];
}

/** A whole number of the range, both ends included, by such a number. */
export function chooseBetween(least: number, most: number, ...parts: readonly (string | number)[]): number {
  return least + Math.floor(chance(...parts) * (most - least + 1));
}
