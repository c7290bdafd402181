/** Reads query parameters and reports bad ones as FastAPI does. */

import { UnprocessableError } from "./answers.ts";
import { dayOf, isDate } from "./london.ts";
import { REGIONS } from "./generator/regions.ts";
import type { ListedRace } from "./source.ts";

const REGION_CODES: ReadonlySet<string> = new Set(REGIONS.map(({ region_code }) => region_code));

/** A whole number within its bounds, or the default. */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  bounds: { readonly min: number; readonly max: number; readonly otherwise: number },
): number {
  // Given twice, the last one counts.
  const input = query.getAll(name).at(-1);
  if (input === undefined) return bounds.otherwise;
  const loc = ["query", name];
  if (!/^[+-]?\d+$/.test(input)) {
    throw new UnprocessableError({
      type: "int_parsing",
      loc,
      msg: "Input should be a valid integer, unable to parse string as an integer",
      input,
    });
  }
  const value = Number(input);
  if (value > bounds.max) {
    throw new UnprocessableError({
      type: "less_than_equal",
      loc,
      msg: `Input should be less than or equal to ${bounds.max}`,
      input,
      ctx: { le: bounds.max },
    });
  }
  if (value < bounds.min) {
    throw new UnprocessableError({
      type: "greater_than_equal",
      loc,
      msg: `Input should be greater than or equal to ${bounds.min}`,
      input,
      ctx: { ge: bounds.min },
    });
  }
  return value;
}

/** The day number of a `YYYY-MM-DD` parameter, or the default. */
export function dayParameter(query: URLSearchParams, name: string, otherwise: number): number {
  const input = query.getAll(name).at(-1);
  if (input === undefined) return otherwise;
  if (!isDate(input)) {
    const msg = `Value error, ${name} must be a date of the form YYYY-MM-DD`;
    throw new UnprocessableError({ type: "value_error", loc: ["query", name], msg, input });
  }
  return dayOf(input);
}

/** Complains about a range of days. */
export function rejectRange(query: URLSearchParams, name: string, reason: string): never {
  throw new UnprocessableError({
    type: "value_error",
    loc: ["query", name],
    msg: `Value error, ${reason}`,
    input: query.get(name) ?? "",
  });
}

/** The races that the region and course parameters leave; courses win over regions, as documented. */
export function filterRaces(
  races: readonly ListedRace[],
  query: URLSearchParams,
  names: { readonly region: string; readonly course: string },
): readonly ListedRace[] {
  const wantedRegions = regionParameter(query, names.region);
  const wantedCourses = query.getAll(names.course);
  if (wantedCourses.length > 0) return races.filter(({ courseId }) => wantedCourses.includes(courseId));
  if (wantedRegions.length > 0) return races.filter(({ region }) => wantedRegions.includes(region));
  return races;
}

/** Region codes as queries write them: lower case, and only those that exist. */
export function regionParameter(query: URLSearchParams, name: string): readonly string[] {
  const codes = query.getAll(name);
  codes.forEach((input, index) => {
    if (!REGION_CODES.has(input)) {
      const msg = `Value error, unknown region code '${input}'`;
      throw new UnprocessableError({ type: "value_error", loc: ["query", name, index], msg, input });
    }
  });
  return codes;
}
