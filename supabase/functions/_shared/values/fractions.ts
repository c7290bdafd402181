const VULGAR: Readonly<Record<string, number>> = { "¼": 0.25, "½": 0.5, "¾": 0.75 };
const MIXED = /^(\d{0,6}(?:\.\d+)?)([¼½¾]?)$/;

/** The number in `8`, `8.5`, `.75`, `8½` and `½`; NaN for anything else. */
export function mixedNumber(text: string): number {
  const [, digits = "", fraction = ""] = MIXED.exec(text) ?? [];
  // "8.5½" is no number, and neither is nothing at all.
  if (digits + fraction === "" || (digits.includes(".") && fraction !== "")) return NaN;
  return Number(digits) + (VULGAR[fraction] ?? 0);
}
