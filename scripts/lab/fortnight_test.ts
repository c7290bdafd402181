import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));

async function fortnight(...args: string[]) {
  const folder = await Deno.makeTempDir();
  // As root it runs Postgres as the user nobody, who needs access to this folder.
  await Deno.chmod(folder, 0o755);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/lab/fortnight.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", TMPDIR: folder },
  }).output();
  const left = [...Deno.readDirSync(folder)].map((entry) => entry.name);
  await Deno.remove(folder, { recursive: true });
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr), left };
}

Deno.test("a day with the schedules on ends without a gap, says what happened, and leaves nothing behind", async () => {
  const { code, out, err, left } = await fortnight(
    "--first-day=2026-10-26",
    "--last-day=2026-10-26",
    "--json",
  );
  assertEquals(code, 0, `${out}${err}`);
  assertEquals(left, []);
  const story = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "");
  assertEquals([story.passed, story.alerts], [true, []]);
  const [day] = story.days;
  assertEquals([story.days.length, day.day], [1, "2026-10-26"]);
  assert(day.abandoned >= 5 && day.cards >= day.results + day.abandoned && day.results > 0, out);
  // It began with everything missing that the backfill brought.
  assert(day.gaps_in_the_morning > 20 && day.gaps_closed >= day.gaps_in_the_morning, out);
  assertEquals(story.events.map(({ kind }: { kind: string }) => kind), ["meeting abandoned"]);
  assertEquals(story.events[0].stored_at.slice(0, 16), "2026-10-26T12:30");
});

Deno.test("a wrong option is a sentence and exit code 1", async () => {
  const { code, err } = await fortnight("--first-day=2026-10-22");
  assertEquals(code, 1);
  assert(err.includes("It would begin while the project is asleep"), err);
});
