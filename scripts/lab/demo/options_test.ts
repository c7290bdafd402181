import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../command_line/problem.ts";
import { type DemoSurroundings, readDemoOptions, USAGE } from "./options.ts";

const HERE: DemoSurroundings = { today: "2026-11-25", variable: () => undefined };

Deno.test("without options the demo takes two months, and the platform's own defaults", () => {
  const options = readDemoOptions([], HERE);
  assertEquals([options.months, options.monthsGiven, options.range, options.json], [
    ...[2, false, undefined, false],
  ]);
  assertEquals(Object.values(options.boot).filter((value) => value !== undefined), []);
});

const wrong: [string[], string][] = [
  [["--months", "none"], '--months must be a whole number from 1 to 466, not "none".'],
  [["--months", "1.5"], '--months must be a whole number from 1 to 466, not "1.5".'],
  [["--months", "-1"], '--months must be a whole number from 1 to 466, not "-1".'],
  [["--months", "0"], '--months must be a whole number from 1 to 466, not "0".'],
  [["--months", "5000"], "--months can be 466 at most, not 5000: The Racing API begins in January 1988."],
  [["--seed", "-3"], '--seed must be a whole number from 0 on, not "-3".'],
  [["--api-speed", "0"], '--api-speed must be a number above 0, at most 1000, not "0".'],
  [["--start-date", "2026-02-30"], '--start-date must be a day as YYYY-MM-DD, not "2026-02-30".'],
  [["--start-date", "01/02/2026"], '--start-date must be a day as YYYY-MM-DD, not "01/02/2026".'],
  [["--end-date", "2026-02-01"], "--end-date needs --start-date."],
  [
    ["--start-date", "2026-02-02", "--end-date", "2026-02-01"],
    "The start date 2026-02-02 is after the end date 2026-02-01: swap them.",
  ],
  [
    ["--start-date", "1980-01-01"],
    "The start date 1980-01-01 is before 1988-01-01, the first day of The Racing API: start then or later.",
  ],
  [
    ["--start-date", "2027-01-01"],
    "The start date 2027-01-01 is more than 7 days ahead: there are no cards after 2026-12-02 yet.",
  ],
  [
    ["--live"],
    "--live calls the real API, but the environment has no RACING_API_USERNAME and RACING_API_PASSWORD: " +
    "set the account's, or leave --live out.",
  ],
  [["--live", "--api-speed", "5"], "--live and --api-speed cannot be used together."],
  [["--start-date", "2026-02-02", "--months", "3"], "--months and --start-date cannot be used together."],
  [["--live", "--replay", "here"], "--live and --replay cannot be used together."],
  [["--fast"], "There is no option --fast: see deno task demo --help."],
  [["extra"], "There is no option extra: see deno task demo --help."],
];

for (const [args, sentence] of wrong) {
  Deno.test(`${args.join(" ")} is refused with a sentence`, () => {
    assertThrows(() => readDemoOptions(args, HERE), Problem, sentence);
  });
}

Deno.test("all months since January 1988 are allowed, and a day a week ahead", () => {
  assertEquals(readDemoOptions(["--months", "466"], HERE).months, 466);
  assertEquals(readDemoOptions(["--start-date", "2026-12-02"], HERE).range, {
    start: "2026-12-02",
    end: "2026-12-02",
  });
});

Deno.test("a start date alone means until today", () => {
  assertEquals(readDemoOptions(["--start-date", "2026-11-01"], HERE).range, {
    start: "2026-11-01",
    end: "2026-11-25",
  });
});

Deno.test("--live takes the account of the environment, and help needs none", () => {
  const variables: Record<string, string> = { RACING_API_USERNAME: "me", RACING_API_PASSWORD: "secret" };
  const options = readDemoOptions(["--live"], { ...HERE, variable: (name) => variables[name] });
  assertEquals(options.boot.live, { username: "me", password: "secret" });
  assertEquals(readDemoOptions(["--live", "--help"], HERE).help, true);
  assertThrows(
    () =>
      readDemoOptions(["--live"], {
        ...HERE,
        variable: (name) => name === "RACING_API_USERNAME" ? "me" : undefined,
      }),
    Problem,
    "the environment has no RACING_API_PASSWORD: ",
  );
});

Deno.test("the help fits 80 columns and names every option", () => {
  assertEquals(USAGE.split("\n").filter((line) => line.length > 80), []);
  for (
    const name of ["months", "start-date", "end-date", "replay", "database-url", "api-speed", "seed", "live"]
  ) {
    assertEquals(USAGE.includes(`  --${name} `), true, name);
  }
});
