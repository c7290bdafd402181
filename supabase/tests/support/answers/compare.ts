import { assertEquals } from "@std/assert";
import type { Answer } from "./expected.ts";

/** Answers are rounded to 4 decimals, profits to 2. */
const ROUNDED: Readonly<Record<string, number>> = { profit: 0.00501 };
const TO_FOUR_DECIMALS = 0.000051;

/** Fails with what differs: each expected row is there once, with these values, and there is no other. */
export function assertSameAnswers(
  actual: ReadonlyMap<string, Answer>,
  expected: ReadonlyMap<string, Answer>,
  what: string,
): void {
  assertEquals([...actual.keys()].toSorted(), [...expected.keys()].toSorted(), `${what}: other rows`);
  const differences: string[] = [];
  for (const [key, row] of expected) {
    const found = actual.get(key) ?? {};
    for (const [column, value] of Object.entries(row)) {
      if (!isSame(found[column], value, column)) {
        differences.push(`${key} ${column}: ${JSON.stringify(found[column])}, not ${JSON.stringify(value)}`);
      }
    }
  }
  assertEquals(differences.slice(0, 10), [], `${what}: ${differences.length} differ`);
}

function isSame(actual: unknown, expected: unknown, column: string): boolean {
  if (typeof actual === "number" && typeof expected === "number") {
    return Math.abs(actual - expected) <= (ROUNDED[column] ?? TO_FOUR_DECIMALS);
  }
  return actual === expected;
}
