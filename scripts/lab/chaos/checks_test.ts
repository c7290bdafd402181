import { assertEquals } from "@std/assert";
import type { ApiCall } from "../racing_api/server.ts";
import { describeRates } from "./checks.ts";

const call = (at: number, verdict: ApiCall["verdict"] = "ok"): ApiCall => ({
  ...{ at, endpoint: "/racecards/pro", path: "/v1/racecards/pro", query: "" },
  ...{ status: 200, bytes: 0, milliseconds: 1, verdict, forgivenMilliseconds: 50 },
});

Deno.test("calls within the rate pass", () => {
  assertEquals(describeRates([0, 500, 1000, 1500].map((at) => call(at)), 1), []);
});

Deno.test("a call that the API found too fast is reported, whatever its answer", () => {
  const told = describeRates([call(0), call(500), call(600, "too fast")], 1);
  assertEquals(told, [
    "The API found 1 calls too fast: /racecards/pro at 0.600 s.",
    "The API's log has 1 windows of a second with too many calls: /racecards/pro at 0.600 s.",
  ]);
});

Deno.test("a call that was too fast is found in the log even when the API did not refuse it", () => {
  assertEquals(describeRates([call(0), call(300), call(600)], 1), [
    "The API's log has 1 windows of a second with too many calls: /racecards/pro at 0.600 s.",
  ]);
});
