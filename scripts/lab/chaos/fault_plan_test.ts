import { assert, assertEquals } from "@std/assert";
import { ALL_FAULTS, FAULT_KINDS, type FaultKind } from "./fault_kinds.ts";
import { FaultPlan } from "./fault_plan.ts";

const API: readonly FaultKind[] = ["api_429", "api_500", "api_502"];

/** What happens to the pages of a run, in the order of asking. */
function fates(seed: number, pages: readonly number[]): Map<number, string> {
  const plan = new FaultPlan(seed, API);
  return new Map(pages.map((page) => [page, plan.decide(API, `results ${page}`) ?? "none"]));
}

const pages = Array.from({ length: 400 }, (_, i) => i * 100);

Deno.test("the same seed has the same faults, another seed has others", () => {
  assertEquals(fates(7, pages), fates(7, pages));
  assert(JSON.stringify([...fates(7, pages)]) !== JSON.stringify([...fates(8, pages)]));
});

Deno.test("what happens to a page does not depend on the order of the pages, but for each kind's first time", () => {
  const forwards = fates(7, pages);
  const backwards = fates(7, pages.toReversed());
  const others = pages.filter((page) => forwards.get(page) !== backwards.get(page));
  assert(others.length <= 2 * API.length, `${others.length} pages differ`);
});

Deno.test("every seed has every enabled kind within its first occasions", () => {
  for (let seed = 1; seed <= 50; seed++) {
    for (const kind of ALL_FAULTS) {
      const plan = new FaultPlan(seed, [kind]);
      const { firstWithin } = FAULT_KINDS[kind];
      const met = Array.from({ length: firstWithin }, (_, i) => plan.decide([kind], `occasion ${i}`));
      assert(met.includes(kind), `seed ${seed} has no ${kind} within ${firstWithin} occasions`);
    }
  }
});

Deno.test("a fault that could not be injected is still due", () => {
  const plan = new FaultPlan(1, ["lost_calls"]);
  const next = () => {
    for (let nth = 1; nth < 100; nth++) if (plan.decide(["lost_calls"], `${nth}`)) return nth;
    return Infinity;
  };
  next();
  plan.takeBack("lost_calls");
  assertEquals(plan.decide(["lost_calls"], "the next one"), "lost_calls");
});

Deno.test("a disabled kind never happens", () => {
  const plan = new FaultPlan(1, ["api_500"]);
  assertEquals(pages.map((page) => plan.decide(["api_429"], `${page}`)).filter(Boolean), []);
});
