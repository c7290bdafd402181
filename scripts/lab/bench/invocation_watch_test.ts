import { assertEquals } from "@std/assert";
import { InvocationWatch } from "./invocation_watch.ts";

/** A watch over processes whose figures a test sets. */
function watched() {
  const process = { cpuSeconds: 0, residentBytes: 100, peakBytes: 100 };
  const watch = new InvocationWatch({ times: () => process, memory: () => process });
  const work = (does: "begin" | "answer" | "end", pid = 7, status = 202) =>
    watch.onWork({ functionName: "events", pid, does, ...(does === "answer" ? { status } : {}) });
  return { process, watch, work };
}

Deno.test("an invocation's processor time is what its isolate took from its request to its end", () => {
  const { process, watch, work } = watched();
  process.cpuSeconds = 0.5;
  work("begin");
  work("answer");
  process.cpuSeconds = 0.75;
  work("end");
  // The isolate is warm now. A request that found nothing to do is a request, and no invocation that took a chunk.
  work("begin");
  work("answer", 7, 200);
  process.cpuSeconds = 0.8;
  work("end");
  assertEquals([watch.cpuSeconds, watch.requests], [[0.25], 2]);
});

Deno.test("an isolate whose work in the background is heard after its answer goes on with the invocation that it had answered", () => {
  const { process, watch, work } = watched();
  work("begin");
  work("answer");
  process.cpuSeconds = 0.25;
  work("end");
  work("begin");
  process.cpuSeconds = 1;
  work("end");
  assertEquals(watch.cpuSeconds, [1]);
});

Deno.test("two invocations that share an isolate are not told apart, so neither counts", () => {
  const { watch, work } = watched();
  work("begin");
  work("answer");
  work("answer");
  work("end");
  assertEquals([watch.cpuSeconds, watch.requests], [[], 2]);
});

Deno.test("memory is the most of any isolate, before its first request and at its peak", () => {
  const { process, watch, work } = watched();
  work("begin", 7);
  Object.assign(process, { residentBytes: 900, peakBytes: 1000 });
  work("answer", 7);
  work("end", 7);
  work("begin", 7);
  work("end", 7);
  Object.assign(process, { residentBytes: 120, peakBytes: 130 });
  work("begin", 8);
  work("end", 8);
  assertEquals(watch.memory, { beforeWork: 120, peak: 1000 });
});

Deno.test("where processes can't be read, requests are counted all the same", () => {
  const watch = new InvocationWatch({ times: () => undefined, memory: () => undefined });
  watch.onWork({ functionName: "events", pid: 7, does: "begin" });
  watch.onWork({ functionName: "events", pid: 7, does: "answer", status: 202 });
  watch.onWork({ functionName: "events", pid: 7, does: "end" });
  assertEquals([watch.requests, watch.cpuSeconds, watch.memory], [1, [], null]);
});
