import { assertEquals } from "@std/assert";
import { LineWatch } from "./line_watch.ts";

Deno.test("lines are counted for each function by itself, without those of the isolates' ends", () => {
  let now = 0;
  const watch = new LineWatch(() => now);
  assertEquals([watch.lines, watch.mostInTenSeconds], [0, 0]);
  for (now of [0, 4000, 9000, 11_000]) watch.onFunctionLog('{"event":"page stored"}', "events");
  watch.onFunctionLog('{"event":"shutdown","reason":"early_drop"}', "events");
  watch.onFunctionLog('{"event":"claimed"}', "masters");
  assertEquals([watch.lines, watch.mostInTenSeconds], [5, 3]);
});
