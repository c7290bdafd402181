import { assertEquals, assertObjectMatch } from "@std/assert";
import { RateLimits, tooFast, type Verdict } from "./rates.ts";

const kinds = (verdicts: readonly Verdict[]) => verdicts.map(({ kind }) => kind);

Deno.test("a third card within a second is too fast, a second later it is not", () => {
  const limits = new RateLimits(1);
  const arrivals = [0, 400, 800, 1_900].map((at) => limits.arrive("/racecards/pro", at));
  assertEquals(kinds(arrivals), ["ok", "ok", "too fast", "ok"]);
});

Deno.test("a client that keeps exactly to the rate is never refused, even when arrivals jitter", () => {
  const limits = new RateLimits(1);
  const arrivals = Array.from(
    { length: 200 },
    (_, i) => limits.arrive("/results", 1_000 + i * 200 + (i % 3) * 20),
  );
  assertEquals(new Set(kinds(arrivals)), new Set(["ok"]));
});

Deno.test("endpoints have their own rates and speed multiplies them", () => {
  const limits = new RateLimits(20);
  const cards = Array.from({ length: 41 }, () => limits.arrive("/racecards/pro", 0));
  const results = Array.from({ length: 100 }, () => limits.arrive("/results", 0));
  assertEquals(kinds(cards).indexOf("too fast"), 40);
  assertEquals(kinds(results).indexOf("too fast"), -1);
});

Deno.test("what the server itself delayed is forgiven", () => {
  const limits = new RateLimits(1);
  limits.arrive("/racecards/pro", 0);
  limits.stalled(300, 300);
  limits.arrive("/racecards/pro", 300);
  assertEquals(limits.arrive("/racecards/pro", 700).kind, "ok");
});

Deno.test("more than 100 requests in ten seconds block the address for five minutes", () => {
  const limits = new RateLimits(1);
  for (let i = 0; i < 100; i++) assertEquals(limits.arrive("/results", i * 90).kind === "blocked", false);
  assertObjectMatch(limits.arrive("/results", 9_000), { kind: "blocked", secondsLeft: 300 });
  assertObjectMatch(limits.arrive("/courses", 200_000), { kind: "blocked", secondsLeft: 109 });
  assertEquals(limits.arrive("/courses", 310_000).kind, "ok");
});

Deno.test("a client that keeps asking while blocked is blocked for half an hour", () => {
  const limits = new RateLimits(1);
  for (let i = 0; i < 501; i++) limits.arrive("/results", i);
  assertEquals(limits.arrive("/results", 600_000).kind, "blocked");
  assertEquals(limits.arrive("/results", 1_801_000).kind, "ok");
});

Deno.test("a log of arrivals shows the same requests as too fast as were refused", () => {
  const limits = new RateLimits(1);
  const log = [0, 480, 900, 960, 1_500, 1_990, 2_200].map((at) => {
    const { kind, forgivenMilliseconds } = limits.arrive("/racecards/pro", at);
    return { at, endpoint: "/racecards/pro", forgivenMilliseconds, kind };
  });
  const refused = log.filter(({ kind }) => kind === "too fast");
  assertEquals(refused.map(({ at }) => at), [900, 960, 1_500, 2_200]);
  assertEquals(tooFast(log, 1), refused);
});

Deno.test("in a log of arrivals the endpoints without a rate of their own share one", () => {
  const log = Array.from(
    { length: 6 },
    (_, i) => ({ at: i, endpoint: i % 2 ? "/jockeys" : "/owners", forgivenMilliseconds: 50 }),
  );
  assertEquals(tooFast(log, 1), log.slice(5));
});
