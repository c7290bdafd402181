/** The endpoints: from path and query to an answer. */

import { type Answer, ok, page, problem, unprocessable, UnprocessableError } from "./answers.ts";
import { dayOf, londonDay } from "./london.ts";
import { dayParameter, filterRaces, regionParameter, rejectRange, wholeNumber } from "./queries.ts";
import type { RaceSource } from "./source.ts";

const MAX_RANGE_DAYS = 365;
const FIRST_RESULT_DAY = dayOf("1988-01-01");

/** The documented name of the endpoint that a path (without `/v1`) belongs to, or the path itself. */
export function endpointOf(path: string): string {
  if (/^\/results\/(?!today(\/|$))[^/]+$/.test(path)) return "/results/{race_id}";
  if (/^\/horses\/[^/]+\/pro$/.test(path)) return "/horses/{horse_id}/pro";
  return path;
}

/** The plans of The Racing API, the cheapest first. */
export const PLANS = ["Free", "Basic", "Standard", "Pro"] as const;
export type Plan = typeof PLANS[number];

/** The plan that an endpoint needs when the account's own is too low; undefined when that is enough. */
export function planLacking(endpoint: string, plan: Plan): Plan | undefined {
  const needed: Plan = endpoint.endsWith("/pro")
    ? "Pro"
    : endpoint.startsWith("/results")
    ? "Standard"
    : "Free";
  return PLANS.indexOf(plan) < PLANS.indexOf(needed) ? needed : undefined;
}

/** Answers a request that is allowed to be answered. */
export function answer(source: RaceSource, path: string, query: URLSearchParams, now: number): Answer {
  try {
    switch (endpointOf(path)) {
      case "/courses":
        return listCourses(source, query);
      case "/courses/regions":
        return ok(JSON.stringify(source.regions()));
      case "/racecards/pro":
        return listCards(source, query, now);
      case "/results":
        return listResults(source, query, now);
      case "/results/{race_id}":
        return found(source.result(decodeURIComponent(path.split("/")[2] ?? ""), now));
      case "/horses/{horse_id}/pro":
        return found(source.horse(decodeURIComponent(path.split("/")[2] ?? ""), now));
      default:
        return problem(404, "Not Found");
    }
  } catch (error) {
    if (error instanceof UnprocessableError) return unprocessable(error.complaint);
    throw error;
  }
}

function found(body: string | undefined): Answer {
  return body === undefined ? problem(404, "Not Found") : ok(body);
}

function listCourses(source: RaceSource, query: URLSearchParams): Answer {
  const codes = regionParameter(query, "region_codes");
  const courses = source.courses().filter(({ region_code }) =>
    codes.length === 0 || codes.includes(region_code)
  );
  return ok(JSON.stringify({ courses, total: courses.length }));
}

function listCards(source: RaceSource, query: URLSearchParams, now: number): Answer {
  const limit = wholeNumber(query, "limit", { min: 1, max: 500, otherwise: 500 });
  const skip = wholeNumber(query, "skip", { min: 0, max: 500, otherwise: 0 });
  const day = dayParameter(query, "date", londonDay(now));
  const names = { region: "region_codes", course: "course_ids" };
  const races = filterRaces(source.cards(day, now), query, names);
  const shown = races.slice(skip, skip + limit).map((race) => race.json());
  return page("racecards", shown, { total: races.length, limit, skip }, query);
}

function listResults(source: RaceSource, query: URLSearchParams, now: number): Answer {
  const limit = wholeNumber(query, "limit", { min: 1, max: 100, otherwise: 50 });
  const skip = wholeNumber(query, "skip", { min: 0, max: 20_000, otherwise: 0 });
  const today = londonDay(now);
  const last = dayParameter(query, "end_date", today);
  const first = dayParameter(query, "start_date", Math.min(today, last) - MAX_RANGE_DAYS);
  if (first < FIRST_RESULT_DAY) rejectRange(query, "start_date", "results start on 1988-01-01");
  if (first > last) rejectRange(query, "start_date", "start_date must not be after end_date");
  if (last - first > MAX_RANGE_DAYS) {
    rejectRange(query, "end_date", `the range must not exceed ${MAX_RANGE_DAYS} days`);
  }
  const names = { region: "region", course: "course" };
  const listed = source.results(first, last, now);
  const races = filterRaces(listed, query, names);
  const shown = races.slice(skip, skip + limit).map((race) => race.json());
  return page("results", shown, { total: races.length, limit, skip }, query);
}
