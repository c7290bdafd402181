/**
 * The newest version that can replace another without a change of the code, which is one of the same major version. A
 * prerelease only replaces another prerelease.
 */
export function newestFor(current: string, published: readonly string[]): string {
  const { numbers: [major], before } = parts(current);
  const fitting = published.filter((version) => {
    const other = parts(version);
    return other.numbers[0] === major && (other.before.length === 0 || before.length > 0);
  });
  return [current, ...fitting].reduce((newest, version) => isNewer(version, newest) ? version : newest);
}

/** A newer major version, which needs a review; undefined when there is none. */
export function newerMajor(current: string, published: readonly string[]): string | undefined {
  const major = parts(current).numbers[0] ?? 0;
  const beyond = published.filter((version) => {
    const other = parts(version);
    return (other.numbers[0] ?? 0) > major && other.before.length === 0;
  });
  return beyond.toSorted((one, other) => isNewer(one, other) ? -1 : 1)[0];
}

function parts(version: string): { numbers: number[]; before: string[] } {
  const [numbers = "", ...before] = version.split("-");
  return {
    numbers: numbers.split(".").map(Number),
    before: before.length === 0 ? [] : before.join("-").split("."),
  };
}

function isNewer(one: string, other: string): boolean {
  const [a, b] = [parts(one), parts(other)];
  const byNumbers = compareLists(a.numbers, b.numbers);
  if (byNumbers !== 0) return byNumbers > 0;
  // A prerelease is older than its release.
  if (a.before.length === 0 || b.before.length === 0) return a.before.length < b.before.length;
  return compareLists(a.before, b.before) > 0;
}

function compareLists(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [one, other] = [a[index], b[index]];
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    const [n, m] = [Number(one), Number(other)];
    const difference = Number.isNaN(n) || Number.isNaN(m) ? (one < other ? -1 : one > other ? 1 : 0) : n - m;
    if (difference !== 0) return difference;
  }
  return 0;
}
