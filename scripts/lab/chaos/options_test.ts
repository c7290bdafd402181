import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../command_line/problem.ts";
import { ALL_FAULTS } from "./fault_kinds.ts";
import { readChaosOptions, repeatCommand } from "./options.ts";

Deno.test("without options one seed of one month meets all faults", () => {
  const { seed, seeds, months, faults } = readChaosOptions([]);
  assertEquals([seed, seeds, months, faults], [1, 1, 1, ALL_FAULTS]);
});

Deno.test("a failing seed is repeated with the options that it failed under", () => {
  const options = readChaosOptions([
    ...["--seeds", "20", "--months", "2", "--legacy", "--faults", "api_500, lost_calls"],
  ]);
  assertEquals(
    repeatCommand(options, 17),
    "deno task chaos --seed 17 --months 2 --legacy --faults lost_calls,api_500",
  );
  assertEquals(readChaosOptions(repeatCommand(options, 17).split(" ").slice(3)), {
    ...options,
    seed: 17,
    seeds: 1,
  });
});

Deno.test("a wrong option is a sentence", () => {
  for (
    const [args, message] of [
      [["--seed", "x"], '--seed must be a whole number from 0 to 1000000, not "x".'],
      [["--months", "0"], '--months must be a whole number from 1 to 36, not "0".'],
      [["--faults", "gremlins"], 'There is no fault "gremlins"'],
      [["--faults", ","], "--faults needs at least one value; separate several with commas."],
      [["--sead", "1"], "There is no option --sead"],
    ] as const
  ) {
    assertThrows(() => readChaosOptions(args), Problem, message);
  }
});
