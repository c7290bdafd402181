import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { NO_DATABASE, runHere } from "./test_support/run_here.ts";

const ENTRY = fromFileUrl(new URL("../darkhorses.ts", import.meta.url));

/** The real program, without a project. */
async function runEntry(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ENTRY, ...args],
    env: { DATABASE_URL: NO_DATABASE, PROJECT_REF: "" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** The commands that a help lists; none of a command that has no others in it. */
async function commandNames(...group: string[]): Promise<string[]> {
  const { out } = await runHere([...group, "--help"], NO_DATABASE);
  const [, list = ""] = out.split("\nCOMMANDS\n");
  return [...list.matchAll(/^ {2}(\w+)/gm)].map(([, name = ""]) => name);
}

Deno.test("--help lists every command and the exit codes, and so does no argument at all", async () => {
  const { code, out } = await runHere([], NO_DATABASE);
  assertEquals(code, 0);
  assertMatch(out, /Exit codes: 0 .*; 1 .*; 2 /);
  assertEquals((await commandNames()).toSorted(), [
    ...[
      "alerts",
      "cancel",
      "check",
      "chunks",
      "errors",
      "freshness",
      "gaps",
      "legacy",
      "months",
      "page",
      "pause",
      "plan",
      "pull",
    ],
    ...[
      "rejects",
      "resume",
      "retry",
      "schedules",
      "setup",
      "start",
      "status",
      "times",
      "uninstall",
      "usage",
      "verify",
      "watch",
    ],
  ]);
});

Deno.test("each command has help with an example and --json", async () => {
  for (const name of await commandNames()) {
    const inner = await commandNames(name);
    for (const command of inner.length === 0 ? [[name]] : inner.map((each) => [name, each])) {
      const { code, out } = await runHere([...command, "--help"], NO_DATABASE);
      assertEquals(code, 0);
      assertStringIncludes(out, `  darkhorses ${command.join(" ")}`);
      assertStringIncludes(out, "--json");
      assertMatch(out, /USAGE\n {2}darkhorses .*\n {4}\S/, `${command.join(" ")} has no example`);
    }
  }
});

const REFUSED: readonly [readonly string[], RegExp][] = [
  [["start", "2026-02-30"], /"2026-02-30" is no day/],
  [
    ["start", "2026-02-02", "2026-02-01"],
    /last day 2026-02-01 is before the first day 2026-02-02: swap them/,
  ],
  [["plan", "2026-02-02", "2026-02-01"], /swap them/],
  [["start", "2026-02-01", "--newest-first", "--oldest-first"], /not both/],
  [["start", "2026-02-01", "--reprocess", "some"], /missing\|failed\|all/],
  [["start", "2026-02-01", "--feeds", ","], /at least one value/],
  [["pull"], /Say what to pull/],
  [["pull", "2026-02-01", "--today"], /Say what to pull/],
  [["pull", "--masters", "--feeds", "results"], /leave --feeds out/],
  [["pause", "three"], /"three" is no run/],
  [["resume", "0"], /"0" is no run/],
  [["cancel", "1.5"], /"1.5" is no run/],
  [["retry"], /run/],
  [["watch", "--run", "1e3"], /"1e3" is no run/],
  [["schedules", "maybe"], /on, off, list/],
  [["errors", "--limit", "0"], /whole number from 1/],
  [["page"], /--html FILE/],
  [["strat"], /did you mean `start`/],
  [["status", "--bogus"], /--bogus/],
];

Deno.test("what can't be meant is refused with 2 and a sentence, before the database is asked", async () => {
  for (const [args, sentence] of REFUSED) {
    const { code, out, err } = await runHere(args, NO_DATABASE);
    assertEquals([code, out], [2, ""], args.join(" "));
    assertMatch(err, sentence);
    assert(!/\n\s+at /.test(err), `a stack is no sentence: ${err}`);
  }
});

Deno.test("a database that cannot be reached is a sentence and 1, with --json a document", async () => {
  const told = await runHere(["status"], NO_DATABASE);
  assertEquals([told.code, told.out], [1, ""]);
  assertMatch(told.err, /cannot be reached \(ECONNREFUSED\)/);
  const { code, out, err } = await runHere(["status", "--json"], NO_DATABASE);
  assertEquals([code, err], [1, ""]);
  assertMatch((JSON.parse(out) as { error: string }).error, /cannot be reached/);
});

Deno.test("the program itself ends with the same codes, and its password is nowhere", async () => {
  const wrong = await runEntry("status");
  assertEquals([wrong.code, wrong.out], [1, ""]);
  assertMatch(wrong.err, /cannot be reached/);
  assert(!wrong.err.includes("secret"));
  const usage = await runEntry("pause", "three");
  assertEquals([usage.code, usage.out], [2, ""]);
  const help = await runEntry("start", "--help");
  assertEquals([help.code, help.err], [0, ""]);
  assert(!help.out.includes("\x1b"), "no colour in a pipe");
});
