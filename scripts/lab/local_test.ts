import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { gather, untilProgram } from "./test_support/until_program.ts";

const PROGRAM = fromFileUrl(new URL("./local.ts", import.meta.url));

/** A temporary folder that a run of the program has to itself, to see what it leaves there. */
let temporary: string;
Deno.test.beforeEach(async () => {
  temporary = await Deno.makeTempDir({ prefix: "local-test-" });
  await Deno.chmod(temporary, 0o755);
});
Deno.test.afterEach(() => Deno.remove(temporary, { recursive: true }));

function program(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", PROGRAM, ...args],
    env: { TMPDIR: temporary, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function outcome(command: Deno.Command): Promise<{ code: number; output: string; errors: string }> {
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout), errors: withoutFetching(decoder.decode(stderr)) };
}

/** On a machine with an empty cache, the first start says what it fetches. */
function withoutFetching(errors: string): string {
  return errors.replace(/^Fetching what the functions import.*\n/, "");
}

async function leftBehind(): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(temporary))).map((entry) => entry.name);
}

Deno.test("local -- COMMAND runs it with the platform's addresses and exits with its code", async () => {
  const script = `
    const at = Deno.env.get("SUPABASE_URL") + "/rest/v1/racing_api_limits?endpoint=eq.account";
    const answer = await fetch(at, { headers: { apikey: Deno.env.get("SUPABASE_SECRET_KEY") } });
    console.log(new URL(Deno.env.get("DATABASE_URL")).username, await answer.text());
    Deno.exit(7);`;
  const { code, output, errors } = await outcome(
    program("--api-speed", "3", "--", Deno.execPath(), "eval", script),
  );
  assertEquals([code, errors], [7, ""]);
  assertStringIncludes(output, "postgres ");
  assertStringIncludes(output, '"calls_per_second":30.00');
  assertEquals(await leftBehind(), []);
});

Deno.test("local without a command prints the addresses and runs until it is stopped", async () => {
  const child = program().spawn();
  const [output, errors] = [gather(child.stdout), gather(child.stderr)];
  await untilProgram(
    child,
    () => output.text.includes("Ctrl+C"),
    "the addresses",
    () => output.text + errors.text,
  );
  child.kill("SIGINT");
  assertEquals((await child.status).code, 130);
  await Promise.all([output.all, errors.all]);
  for (
    const name of [
      "DATABASE_URL=postgres://",
      "SUPABASE_URL=http://127.0.0.1:",
      "SUPABASE_SECRET_KEY=sb_secret_",
    ]
  ) {
    assertStringIncludes(output.text, name);
  }
  assertEquals(await leftBehind(), []);
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} while local starts stops it, prints nothing and exits with ${code}`, async () => {
    const child = program().spawn();
    // As soon as there is something to clean up.
    await untilProgram(child, async () => (await leftBehind()).length > 0, "something to clean up");
    child.kill(signal);
    const { code: exit, stdout, stderr } = await child.output();
    assertEquals([exit, stdout.length, withoutFetching(new TextDecoder().decode(stderr))], [code, 0, ""]);
    assertEquals(await leftBehind(), []);
  });
}

Deno.test("SIGTERM ends the command as well", async () => {
  const child = program(
    "--",
    Deno.execPath(),
    "eval",
    `
    await Deno.writeTextFile(Deno.args[0] + "/running", String(Deno.pid));
    setInterval(() => {}, 1000);
  `,
    temporary,
  ).spawn();
  const pid = async () => Number(await Deno.readTextFile(`${temporary}/running`).catch(() => "0"));
  await untilProgram(child, async () => await pid() !== 0, "the command");
  const command = await pid();
  child.kill("SIGTERM");
  assertEquals((await child.output()).code, 143);
  const { success } = await new Deno.Command("ps", { args: ["-p", String(command)], stdout: "null" })
    .output();
  assertEquals([success, await leftBehind()], [false, ["running"]]);
});

Deno.test("wrong words on the command line are one sentence and exit code 1", async () => {
  const wrong: [args: string[], sentence: string][] = [
    [["--speed", "3"], "There is no option --speed: see deno task local --help."],
    [["psql"], 'There is no argument "psql": put -- before a command (see deno task local --help).'],
    [["--api-speed", "fast"], '--api-speed must be a number above 0, at most 1000, not "fast".'],
    [["--api-speed=0"], '--api-speed must be a number above 0, at most 1000, not "0".'],
    [["--api-speed=-1"], '--api-speed must be a number above 0, at most 1000, not "-1".'],
    [["--seed", "1.5"], '--seed must be a whole number from 0 on, not "1.5".'],
    [["--replay"], "The option --replay needs a value."],
    [
      ["--database-url", "mysql://x"],
      "--database-url must be like postgres://user:password@127.0.0.1:5432/postgres.",
    ],
    [["--"], "There is no command after --."],
  ];
  for (const [args, sentence] of wrong) {
    assertEquals(await outcome(program(...args)), { code: 1, output: "", errors: `${sentence}\n` });
  }
});

Deno.test("a command that isn't there is one sentence, and everything is stopped", async () => {
  const { code, errors } = await outcome(program("--", "no-such-command"));
  assertEquals(code, 1);
  assertStringIncludes(errors, 'The command "no-such-command" cannot be run: ');
  assertEquals(errors.trim().split("\n").length, 1);
  assertEquals(await leftBehind(), []);
});

Deno.test("a folder for a replay that isn't there is one sentence", async () => {
  const { code, errors } = await outcome(program("--replay", "/nowhere"));
  assertEquals(code, 1);
  assertEquals(errors.trim().split("\n").length, 1, errors);
  assertStringIncludes(errors, "/nowhere");
  assertEquals(await leftBehind(), []);
});

Deno.test("local --help explains itself", async () => {
  const { code, output } = await outcome(program("--help"));
  assertEquals(code, 0);
  for (const option of ["--replay", "--database-url", "--api-speed", "--seed"]) {
    assertStringIncludes(output, option);
  }
});
