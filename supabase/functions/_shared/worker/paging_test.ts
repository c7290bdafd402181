import { assertEquals } from "@std/assert";
import { type ChunkBounds, type Cursor, cursorAfter, requestAt } from "./paging.ts";

const october: Omit<ChunkBounds, "feed"> = {
  periodStart: "2026-10-01",
  periodEnd: "2026-11-01",
  regions: ["gb", "ire"],
  pageLimit: 100,
};

/** The requests of a whole chunk, when the API has so many races (of the period, or of each day). */
function walk(bounds: ChunkBounds, total: number, from: Cursor): string[] {
  const requests: string[] = [];
  let cursor = from;
  let apiTotal: number | null = null;
  for (let request; (request = requestAt(bounds, cursor, apiTotal)) !== null && requests.length < 100;) {
    requests.push(`${request.endpoint}?${request.query}`);
    const raceCount = Math.min(bounds.pageLimit, Math.max(0, total - cursor.skip));
    cursor = cursorAfter(bounds, cursor, { total, raceCount });
    apiTotal = total;
  }
  return requests;
}

Deno.test("results are asked for a month at a time, page by page until the total", () => {
  const requests = walk({ ...october, feed: "results" }, 250, { day: null, skip: 0 });
  assertEquals(
    requests,
    [0, 100, 200].map((skip) =>
      `/results?start_date=2026-10-01&end_date=2026-10-31&region=gb&region=ire&limit=100&skip=${skip}`
    ),
  );
});

Deno.test("a month without results takes one call", () => {
  assertEquals(walk({ ...october, feed: "results" }, 0, { day: null, skip: 0 }).length, 1);
});

Deno.test("a total that the last page fills exactly takes no further call", () => {
  assertEquals(walk({ ...october, feed: "results" }, 200, { day: null, skip: 0 }).length, 2);
});

Deno.test("racecards are asked for day by day, over the end of summer time as well", () => {
  const requests = walk({ ...october, feed: "racecards", pageLimit: 500 }, 36, {
    day: "2026-10-01",
    skip: 0,
  });
  assertEquals(requests.length, 31);
  assertEquals(
    requests[0],
    "/racecards/pro?date=2026-10-01&region_codes=gb&region_codes=ire&limit=500&skip=0",
  );
  assertEquals(requests.map((request) => request.match(/date=([\d-]+)/)?.[1]).slice(23, 27), [
    "2026-10-24",
    "2026-10-25",
    "2026-10-26",
    "2026-10-27",
  ]);
});

Deno.test("a day with more racecards than a page is paged as well", () => {
  const requests = walk({ ...october, periodEnd: "2026-10-02", feed: "racecards" }, 150, {
    day: "2026-10-01",
    skip: 0,
  });
  assertEquals(requests.map((request) => request.match(/skip=(\d+)/)?.[1]), ["0", "100"]);
});

Deno.test("an API that answers with fewer than asked for is followed, not believed", () => {
  const bounds: ChunkBounds = { ...october, feed: "results" };
  assertEquals(cursorAfter(bounds, { day: null, skip: 100 }, { total: 250, raceCount: 50 }), {
    day: null,
    skip: 150,
  });
});

Deno.test("the masters are two lists, the courses those of the regions", () => {
  assertEquals(walk({ ...october, feed: "masters" }, 0, { day: null, skip: 0 }), [
    "/courses/regions?",
    "/courses?region_codes=gb&region_codes=ire",
  ]);
});

Deno.test("a chunk goes on at its cursor", () => {
  const requests = walk({ ...october, feed: "racecards", pageLimit: 500 }, 36, {
    day: "2026-10-30",
    skip: 0,
  });
  assertEquals(requests.length, 2);
  assertEquals(requestAt({ ...october, feed: "results" }, { day: null, skip: 250 }, 250), null);
});
