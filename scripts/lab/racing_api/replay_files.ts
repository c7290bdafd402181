/** Recognizes what a captured file holds, in any wrapping. */

import type { Course, Region } from "./source.ts";

/** Which endpoint a race was captured from. */
export type Feed = "racecards" | "results";

/** Something found in a file. */
export type CapturedItem =
  | {
    readonly kind: "race";
    readonly feed: Feed;
    readonly race: Readonly<Record<string, unknown>>;
    readonly fetchedAt: string;
  }
  | { readonly kind: "course"; readonly course: Course }
  | { readonly kind: "region"; readonly region: Region }
  | { readonly kind: "horse"; readonly id: string; readonly text: string; readonly fetchedAt: string }
  | { readonly kind: "skipped"; readonly reason: string };

type Fields = Readonly<Record<string, unknown>>;

/** The items of a parsed file: a page, a wrapped page, a bare array, a single race or profile. */
export function* readCapture(content: unknown, fetchedAt = ""): Generator<CapturedItem> {
  if (Array.isArray(content)) {
    for (const item of content) yield* readCapture(item, fetchedAt);
    return;
  }
  if (!isFields(content)) {
    yield { kind: "skipped", reason: "it is not an object or a list" };
    return;
  }
  if ("body" in content) {
    yield* readWrapped(content, fetchedAt);
    return;
  }
  const pages = ["racecards", "results", "courses", "regions"].filter((name) => Array.isArray(content[name]));
  if (pages.length > 0) {
    for (const name of pages) {
      const list = content[name];
      // An empty page is a day without races: nothing to keep, and no error.
      if (Array.isArray(list)) yield* readCapture(list, fetchedAt);
    }
    return;
  }
  yield readItem(content, fetchedAt);
}

function* readWrapped(wrapper: Fields, outerFetchedAt: string): Generator<CapturedItem> {
  const { status, body } = wrapper;
  if (typeof status === "number" && status >= 400) {
    yield { kind: "skipped", reason: "it is a captured error" };
    return;
  }
  const request = wrapper["_request"];
  const ownFetchedAt = isFields(request) ? request["fetched_at"] : wrapper["fetched_at"];
  yield* readCapture(parsed(body), typeof ownFetchedAt === "string" ? ownFetchedAt : outerFetchedAt);
}

/** Some collectors keep the body as the text it was. */
function parsed(body: unknown): unknown {
  if (typeof body !== "string") return body;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function readItem(item: Fields, fetchedAt: string): CapturedItem {
  const text = (name: string) => {
    const value = item[name];
    return typeof value === "string" ? value : "";
  };
  if (Array.isArray(item["runners"])) {
    return { kind: "race", feed: "off_time" in item ? "racecards" : "results", race: item, fetchedAt };
  }
  if (text("id").startsWith("hrs_")) {
    return { kind: "horse", id: text("id"), text: JSON.stringify(item), fetchedAt };
  }
  if (text("region_code") !== "" && text("id") !== "") {
    return {
      kind: "course",
      course: {
        id: text("id"),
        course: text("course"),
        region_code: text("region_code"),
        region: text("region"),
      },
    };
  }
  if (text("region_code") !== "") {
    return { kind: "region", region: { region: text("region"), region_code: text("region_code") } };
  }
  if ("detail" in item) return { kind: "skipped", reason: "it is a captured error" };
  return { kind: "skipped", reason: "nothing that the simulated endpoints serve" };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
