import { assertEquals } from "@std/assert";
import { type Pull, PullWatch } from "./pull_watch.ts";

const october: Pull = { chunk: 1, run: 1, feed: "results", from: "2026-10-01", to: "2026-11-01" };

function overlapsOf(...pulls: readonly Pull[]): number {
  const watch = new PullWatch();
  pulls.forEach((pull, nth) => watch.begin(String(nth), pull));
  return watch.overlaps.length;
}

Deno.test("two runs that pull a day of a feed at once are noticed", () => {
  assertEquals(
    overlapsOf(october, { ...october, chunk: 2, run: 2, from: "2026-10-31", to: "2026-11-02" }),
    1,
  );
});

Deno.test("neighbouring days, other feeds, the masters and the same chunk again are no overlap", () => {
  assertEquals(overlapsOf(october, { ...october, chunk: 2, from: "2026-11-01", to: "2026-12-01" }), 0);
  assertEquals(overlapsOf(october, { ...october, chunk: 2, feed: "racecards" }), 0);
  assertEquals(overlapsOf({ ...october, feed: "masters" }, { ...october, chunk: 2, feed: "masters" }), 0);
  assertEquals(overlapsOf(october, october), 0);
});

Deno.test("a pull that has ended overlaps with none, by the functions' database calls", async () => {
  const watch = new PullWatch();
  const claim = async (chunk: number, run: number) => {
    const row = {
      lease_token: `token ${chunk}`,
      chunk_id: chunk,
      run_id: run,
      period_start: "2026-10-01",
      period_end: "2026-11-01",
    };
    const response = await watch.onDatabaseCall(
      { name: "claim_chunk", body: '{"feed":"results"}' },
      () => Promise.resolve(Response.json([row])),
    );
    // The function gets what the database said.
    assertEquals(await response.json(), [row]);
  };
  await claim(1, 1);
  await watch.onDatabaseCall(
    { name: "finish_chunk", body: '{"chunk_id":1,"lease_token":"token 1"}' },
    () => Promise.resolve(Response.json("succeeded")),
  );
  await claim(2, 2);
  assertEquals([watch.pulls, watch.overlaps], [2, []]);
  await claim(3, 3);
  assertEquals(watch.overlaps.length, 1);
});
