import { assert, assertEquals } from "@std/assert";
import {
  childrenCpuSeconds,
  familyCpuSeconds,
  parseMemory,
  parseTimes,
  type ProcessTimes,
  readMemory,
  readProcesses,
  readTimes,
  serverOf,
} from "./processes.ts";

Deno.test("a line of /proc/PID/stat is read behind a name that has spaces and parentheses", () => {
  const stat = "42 (a (odd) name) S 7 42 42 0 -1 4194560 100 200 0 0 150 50 1000 25 20 0 1 0 99 1 1";
  assertEquals(parseTimes(stat), {
    name: "a (odd) name",
    parent: 7,
    cpuSeconds: 2,
    endedChildrenCpuSeconds: 10.25,
  });
});

Deno.test("memory is in bytes, and a process that has ended has none", () => {
  assertEquals(parseMemory("Name:\tdeno\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n"), {
    residentBytes: 1024 ** 2,
    peakBytes: 2 * 1024 ** 2,
  });
  assertEquals(parseMemory("Name:\tdeno\nState:\tZ (zombie)\n"), undefined);
});

Deno.test("the server's time is its own, its children's and that of those who ended; the others are the isolates'", () => {
  const process = (name: string, parent: number, cpuSeconds: number, ended = 0): ProcessTimes => ({
    name,
    parent,
    cpuSeconds,
    endedChildrenCpuSeconds: ended,
  });
  const processes = new Map([
    [1, process("deno", 0, 5, 20)],
    [2, process("postgres", 1, 1, 30)],
    [3, process("postgres", 2, 4)],
    [4, process("postgres", 2, 8)],
    [5, process("deno", 1, 16)],
  ]);
  assertEquals(serverOf(3, processes), 2);
  assertEquals([serverOf(5, processes), serverOf(99, processes)], [undefined, undefined]);
  assertEquals(familyCpuSeconds(2, processes), 1 + 30 + 4 + 8);
  assertEquals(childrenCpuSeconds(1, processes, { without: 2 }), 20 + 16);
  assertEquals([familyCpuSeconds(undefined, processes), familyCpuSeconds(99, processes)], [null, null]);
});

Deno.test({
  name: "this process is found in /proc with its parent and its memory",
  ignore: Deno.build.os !== "linux",
  fn() {
    const own = readTimes(Deno.pid);
    assertEquals([own?.parent, readProcesses().get(Deno.pid)?.parent], [Deno.ppid, Deno.ppid]);
    const memory = readMemory(Deno.pid);
    assert(memory !== undefined && memory.peakBytes >= memory.residentBytes && memory.residentBytes > 1e6);
    assertEquals(readTimes(2 ** 30), undefined);
  },
});
