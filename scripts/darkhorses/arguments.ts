/** The flags and arguments that several commands take. Each is read before anything is asked or started. */
import { day as dayOption, list } from "../command_line/option_values.ts";
import { UsageProblem } from "./answer.ts";

export const JSON_FLAG = {
  kind: "boolean",
  brief: "Print one JSON document instead of text",
  optional: true,
  withNegated: false,
} as const;

/** A flag that is off unless it is given. */
export const flag = (brief: string) =>
  ({ kind: "boolean", brief, optional: true, withNegated: false }) as const;

export function readDay(text: string): string {
  try {
    return dayOption(text, "day");
  } catch {
    throw new UsageProblem(`"${text}" is no day: give one that there is as YYYY-MM-DD, such as 2026-10-03.`);
  }
}

export const FIRST_DAY = {
  parse: readDay,
  brief: "First day, as YYYY-MM-DD",
  placeholder: "first-day",
} as const;
export const LAST_DAY = {
  parse: readDay,
  brief: "Last day, as YYYY-MM-DD",
  placeholder: "last-day",
  optional: true,
} as const;

/** @throws {UsageProblem} when the last day is before the first. */
export function checkRange(first: string | undefined, last: string | undefined): void {
  if (first !== undefined && last !== undefined && last < first) {
    throw new UsageProblem(`The last day ${last} is before the first day ${first}: swap them.`);
  }
}

export const FEEDS_FLAG = {
  kind: "parsed",
  parse: (text: string): readonly string[] => list(text, "feeds"),
  brief: "Only these, separated by commas: masters, racecards, results, horses",
  placeholder: "feeds",
  optional: true,
} as const;

export function readRunId(text: string): number {
  const id = Number(text);
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(id)) return id;
  throw new UsageProblem(`"${text}" is no run: give its number, as "darkhorses status" shows it.`);
}

export const RUN = {
  parse: readRunId,
  brief: "The run's number, as status shows it",
  placeholder: "run",
} as const;
export const RUN_FLAG = {
  kind: "parsed",
  parse: readRunId,
  brief: "Only this run",
  placeholder: "run",
  optional: true,
} as const;

export const MOST_ROWS = 10_000;
export const LIMIT_FLAG = {
  kind: "parsed",
  parse(text: string): number {
    const rows = Number(text);
    if (/^\d+$/.test(text) && rows >= 1 && rows <= MOST_ROWS) return rows;
    throw new UsageProblem(`--limit must be a whole number from 1 to ${MOST_ROWS}, not "${text}".`);
  },
  brief: "At most so many rows",
  placeholder: "rows",
  default: "20",
} as const;

export const REPROCESS_FLAG = {
  kind: "enum",
  values: ["missing", "failed", "all"],
  brief: "What coverage lacks, what died in an earlier run, or all days",
  default: "missing",
} as const;
export type Reprocess = typeof REPROCESS_FLAG.values[number];
