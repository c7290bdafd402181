import { assertEquals } from "@std/assert";
import { known, MISSING } from "./reading.ts";
import { readRunnerNumber } from "./runner_number.ts";

Deno.test("readRunnerNumber() reads a saddlecloth number", () => {
  const seven = known({ number: 7, isNonRunner: false, isReserve: false });
  assertEquals(readRunnerNumber("7"), seven);
  assertEquals(readRunnerNumber(7), seven);
});

Deno.test("readRunnerNumber() makes NR a non-runner without a number", () => {
  assertEquals(readRunnerNumber("NR"), known({ number: null, isNonRunner: true, isReserve: false }));
});

Deno.test("readRunnerNumber() makes R20 the reserve 20", () => {
  assertEquals(readRunnerNumber("R20"), known({ number: 20, isNonRunner: false, isReserve: true }));
});

Deno.test("readRunnerNumber() has no number for an entry without one", () => {
  assertEquals(readRunnerNumber(""), MISSING);
  assertEquals(readRunnerNumber("0").value?.number, null);
});

Deno.test("readRunnerNumber() refuses what it does not know", () => {
  for (const sent of ["1A", "-7", "X", "99999"]) {
    assertEquals(readRunnerNumber(sent).problem, "is not a number, NR or a reserve such as R20");
  }
});
