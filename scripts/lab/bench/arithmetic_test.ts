import { assertEquals, assertThrows } from "@std/assert";
import { fillFloor, inOrderOfReferences, mostWithin, percentile, ratio, rounded } from "./arithmetic.ts";

Deno.test("a percentile is one of the values, by the nearest rank", () => {
  const values = [5, 1, 4, 2, 3];
  assertEquals([0, 0.5, 0.95, 1].map((share) => percentile(values, share)), [1, 3, 5, 5]);
  const hundred = Array.from({ length: 100 }, (_, nth) => 100 - nth);
  assertEquals([0.5, 0.95].map((share) => percentile(hundred, share)), [50, 95]);
  assertEquals(percentile([], 0.5), null);
});

Deno.test("the most moments within a span are found wherever they lie", () => {
  assertEquals(mostWithin([], 10), 0);
  assertEquals(mostWithin([0, 10, 20], 10), 1);
  assertEquals(mostWithin([0, 9.9, 20, 29, 21, 22, 30], 10), 4);
  assertEquals(mostWithin([1, 1, 1], 10), 3);
});

Deno.test("the floor of a fill is its slowest feed, or the account when that is slower", () => {
  const cards = { calls: 1001, callsPerSecond: 1.8 };
  assertEquals(Math.round(fillFloor([cards, { calls: 1432, callsPerSecond: 4.5 }], 9)), 556);
  assertEquals(fillFloor([{ calls: 90, callsPerSecond: 10 }, { calls: 90, callsPerSecond: 10 }], 9), 20);
});

Deno.test("a ratio needs both sides, and figures keep three digits", () => {
  assertEquals([ratio(6, 3), ratio(0, 3), ratio(6, 0), ratio(null, 3), ratio(6, null)], [
    2,
    0,
    null,
    null,
    null,
  ]);
  assertEquals([1234.5, 99.96, 0.012345, 0].map(rounded), [1235, 100, 0.0123, 0]);
});

Deno.test("a table comes after those that it refers to, and a circle is refused", () => {
  const references = [
    { from: "runners", to: "races" },
    { from: "runners", to: "horses" },
    { from: "races", to: "courses" },
    { from: "races", to: "races" },
  ];
  const ordered = inOrderOfReferences(["runners", "races", "courses", "horses"], references);
  assertEquals(ordered, ["courses", "horses", "races", "runners"]);
  const circle = [{ from: "a", to: "b" }, { from: "b", to: "a" }];
  assertThrows(() => inOrderOfReferences(["a", "b"], circle), Error, "refer to each other: a, b");
});
