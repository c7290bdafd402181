import type { SchemaStatement } from "./statements.ts";

/** What two databases are made by: "the migrations", "the schema files". */
export type Makers = readonly [one: string, other: string];

/** A function that is there on one side only would fill the screen. */
const MOST_LINES = 5;

/**
 * One text for each object that is not the same in both databases: its name, then the lines that only one of them
 * has.
 */
export function findDifferences(
  one: readonly SchemaStatement[],
  other: readonly SchemaStatement[],
  makers: Makers,
): string[] {
  const sides = [byObject(one), byObject(other)] as const;
  const objects = [...new Set(sides.flatMap((side) => [...side.keys()]))].toSorted();
  return objects.flatMap((object) => {
    const [left, right] = onlyInOne(sides[0].get(object) ?? [], sides[1].get(object) ?? []);
    if (left.length === 0 && right.length === 0) return [];
    const [leftLines, rightLines] = differingLines(left, right);
    return [
      [object, ...describe(makers[0], leftLines), ...describe(makers[1], rightLines)].join("\n"),
    ];
  });
}

/** The statements of each object, in an order independent of the order of reading. */
function byObject(statements: readonly SchemaStatement[]): Map<string, string[]> {
  const objects = Map.groupBy(statements, ({ object }) => object);
  return new Map([...objects].map(([object, own]) => [
    object,
    own.toSorted((a, b) => a.place - b.place || compare(a.text, b.text)).map(({ text }) => text),
  ]));
}

function differingLines(left: readonly string[], right: readonly string[]): [string[], string[]] {
  const [one, other] = [lines(left), lines(right)];
  const only = onlyInOne(one, other);
  if (only[0].length > 0 || only[1].length > 0) return only;
  // The same lines in another order.
  const at = one.findIndex((line, index) => line !== other[index]);
  return [one.slice(at, at + 1), other.slice(at, at + 1)];
}

/** What each list has more of than the other. */
function onlyInOne(left: readonly string[], right: readonly string[]): [string[], string[]] {
  const rest = [...right];
  const only = left.filter((text) => {
    const at = rest.indexOf(text);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return [only, rest];
}

function lines(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split("\n")).map((line) => line.trim()).filter((line) => line !== "");
}

function describe(maker: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [`  by ${maker}: nothing of that`];
  const more = lines.length - MOST_LINES;
  return [
    ...lines.slice(0, MOST_LINES).map((line) => `  by ${maker}: ${line}`),
    ...(more > 0 ? [`  by ${maker}: and ${more} more ${more === 1 ? "line" : "lines"}`] : []),
  ];
}

/** By code units: the same order on every machine. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
