import { list, type ValueReader, wholeNumber } from "../../command_line/option_values.ts";
import { Problem } from "../../command_line/problem.ts";
import { readArguments } from "../../command_line/read_arguments.ts";
import { ALL_FAULTS, FAULT_KINDS, type FaultKind, isFaultKind } from "./fault_kinds.ts";

/** The options of chaos. */
export interface ChaosOptions {
  readonly help: boolean;
  /** The first seed. */
  readonly seed: number;
  /** How many seeds, each one higher than the one before. */
  readonly seeds: number;
  readonly months: number;
  readonly faults: readonly FaultKind[];
  readonly apiSpeed: number;
  /** Whether the feed horses runs too. */
  readonly horses: boolean;
  /** Whether an old database was taken over, and is copied too. */
  readonly legacy: boolean;
  readonly json: boolean;
}

const LONGEST_NAME = Math.max(...ALL_FAULTS.map((kind) => kind.length));

export const USAGE = `Injects every kind of fault, and checks that the database stays right.

  deno task chaos [options]

Boots the local platform, runs a backfill without faults for comparison, then the same backfill once for each seed with
faults injected from it. Afterwards the database must hold exactly the same rows, no chunk may be stuck, no call may
exceed the API's rate, and each fault must leave its trace. The same seed injects the same faults.

  --seed N             the first seed (default 1)
  --seeds COUNT        run COUNT seeds, from the first one on (default 1)
  --months M           use M months, the last one June 2026 (default 1)
  --faults LIST        only these kinds, separated by commas (default: all)
  --api-speed N        make the API, with its rate limits, N times as fast (default 10)
  --horses             then pull the results of two days without cards, and the profiles of their horses
  --legacy             then copy an old database that was taken over
  --json               print one JSON object as the last line
  --help               show this

Kinds of faults:

${ALL_FAULTS.map((kind) => `  ${kind.padEnd(LONGEST_NAME)}  ${FAULT_KINDS[kind].description}`).join("\n")}

Exit code 0: all seeds passed. 1: one failed, or nothing could start; the output says which, and how to repeat it.
`;

const HIGHEST_SEED = 1_000_000;
const MOST_SEEDS = 1000;
const MOST_MONTHS = 36;
const HIGHEST_SPEED = 100;

const faults: ValueReader<readonly FaultKind[]> = (text, name) => {
  if (text === "all") return ALL_FAULTS;
  const kinds = list(text, name).map((kind) => {
    if (isFaultKind(kind)) return kind;
    throw new Problem(`There is no fault "${kind}": see deno task chaos --help.`);
  });
  return ALL_FAULTS.filter((kind) => kinds.includes(kind));
};

/** Reads the options. Throws `Problem` with a sentence about the first one that is wrong. */
export function readChaosOptions(args: readonly string[]): ChaosOptions {
  const given = readArguments(args, {
    task: "chaos",
    flags: ["horses", "legacy", "json"],
    values: {
      "seed": wholeNumber(0, HIGHEST_SEED),
      "seeds": wholeNumber(1, MOST_SEEDS),
      "months": wholeNumber(1, MOST_MONTHS),
      faults,
      "api-speed": wholeNumber(1, HIGHEST_SPEED),
    },
  });
  return {
    help: given.help,
    seed: given.seed ?? 1,
    seeds: given.seeds ?? 1,
    months: given.months ?? 1,
    faults: given.faults ?? ALL_FAULTS,
    apiSpeed: given["api-speed"] ?? 10,
    horses: given.horses,
    legacy: given.legacy,
    json: given.json,
  };
}

/** The command that repeats one seed. */
export function repeatCommand(options: ChaosOptions, seed: number): string {
  const words = ["deno task chaos", `--seed ${seed}`];
  if (options.months !== 1) words.push(`--months ${options.months}`);
  if (options.apiSpeed !== 10) words.push(`--api-speed ${options.apiSpeed}`);
  if (options.horses) words.push("--horses");
  if (options.legacy) words.push("--legacy");
  if (options.faults.length < ALL_FAULTS.length) words.push(`--faults ${options.faults.join(",")}`);
  return words.join(" ");
}
