import { Random } from "../../../scripts/lab/racing_api/generator/random.ts";

/** Parsed JSON of any shape. */
export type Wild = Record<string, unknown>;

/** Values that a field was never meant to hold. */
const ODD_VALUES: readonly (() => unknown)[] = [
  () => null,
  () => "",
  () => "-",
  () => "–",
  () => true,
  () => -1,
  () => -0.5,
  () => 2_147_483_648,
  () => 1e308,
  () => "-7",
  () => "99999999999999999999",
  () => "1e400",
  () => "NaN",
  () => "£-5",
  () => "$4,606",
  () => "€99999999999999",
  () => "¥1,000",
  () => "2026-02-30",
  () => "0000-00-00",
  () => "2026-13-01T25:61:00+99:99",
  () => "25:61",
  () => "NUL\0inside",
  () => "\0",
  () => "lone \ud800 half",
  () => "\udc00",
  () => "🐎\u202e\u0301\ufeff",
  () => "'; drop table ra_races; --",
  () => "{}",
  () => "x".repeat(100_000),
  () => "9".repeat(5_000),
  () => [],
  () => {},
  () => ({}),
  () => [null, [null, [null, {}]]],
  () => ({ a: null, b: { c: [null, "\0", { "\ud800": "\0" }] } }),
  () => JSON.parse("[".repeat(200) + "]".repeat(200)),
  () => JSON.parse('{"__proto__":{"polluted":true},"constructor":null}'),
];

function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[Math.floor(random.next() * list.length)];
}

function isWild(value: unknown): value is Wild {
  return typeof value === "object" && value !== null;
}

/** An object or a list somewhere within, more likely one near the top. */
function somewhereIn(random: Random, top: Wild): Wild {
  let place = top;
  while (random.next() < 0.75) {
    const inner = Object.values(place).filter(isWild);
    const next = pick(random, inner);
    if (next === undefined) break;
    place = next;
  }
  return place;
}

/** Drops a field, puts a wrong value into it, or moves a value to another field. */
export function mutate(random: Random, top: Wild): void {
  const place = somewhereIn(random, top);
  const key = pick(random, Object.keys(place));
  if (key === undefined) return;
  const kind = random.next();
  if (kind < 0.15) delete place[key];
  else if (kind < 0.3) place[key] = place[pick(random, Object.keys(place)) ?? key];
  else if (kind < 0.35 && !Array.isArray(place)) place[`new_${key}\0`] = place[key];
  else place[key] = pick(random, ODD_VALUES)?.();
}
