import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));

async function chaos(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/lab/chaos.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("a month under lost dispatches, killed invocations, a wrong secret, a crowded queue and a failing API holds exactly what one without faults holds", async () => {
  const { code, out, err } = await chaos(
    "--seed=3",
    "--faults=lost_calls,killed_within_page,killed_after_page,lost_answers,wrong_secrets,crowded_queues,api_500,api_truncated",
    "--json",
  );
  assertEquals(code, 0, `${out}${err}`);
  const story = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  assertEquals([story.passed, story.seeds.length, story.seeds[0].failures], [true, 1, []]);
  assertEquals(Object.keys(story.faults), [
    "lost_calls",
    "killed_within_page",
    "killed_after_page",
    "lost_answers",
    "wrong_secrets",
    "crowded_queues",
    "api_500",
    "api_truncated",
  ]);
  for (const [kind, { injected }] of Object.entries<{ injected: number }>(story.faults)) {
    assert(injected > 0, kind);
  }
  // A kill within a page always interrupts a chunk; after a page the chunk may have ended already.
  assert(story.seeds[0].interruptions > 0, out);
});

Deno.test("an unknown kind of fault is one sentence and exit code 1", async () => {
  const { code, err } = await chaos("--faults=gremlins");
  assertEquals([code, err.includes('There is no fault "gremlins"')], [1, true], err);
});
