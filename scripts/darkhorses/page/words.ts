const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** `["Jan", "January"]` and so on. */
export const MONTH_NAMES = MONTHS.map((name) => [name.slice(0, 3), name] as const);

/** "February 2026", of any of its days as YYYY-MM-DD. */
export function monthName(day: string): string {
  return `${MONTHS[Number(day.slice(5, 7)) - 1]} ${day.slice(0, 4)}`;
}

/** "Results" of "results", "No dispatch" of "no_dispatch". */
export function title(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What an anchor is called; names may hold anything. */
export function anchor(...parts: readonly string[]): string {
  return parts.join("-").toLowerCase().replace(/[^a-z0-9-]+/g, "_");
}
