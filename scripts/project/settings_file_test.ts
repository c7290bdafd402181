import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Problem } from "../command_line/problem.ts";
import { changeLines, quote, readSettingsFile, writeSettingsFile } from "./settings_file.ts";

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/.env`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what was written is read again, whatever a password is made of", () =>
  inFolder(async (path) => {
    const values = { A: "p#a s=s", B: "it's", C: '"$x\\n`', D: "ä€ x", E: `it's "$x\\n"` };
    await writeSettingsFile(path, values);
    assertEquals(await readSettingsFile(path), values);
  }));

Deno.test("other lines and comments stay, a name is set where it stood, a new one comes last", () => {
  assertEquals(
    changeLines("# mine\nexport A=1\nOTHER=2\nA=3\n", { A: "4", B: "5", OTHER: undefined, NONE: undefined }),
    "# mine\nA='4'\nB='5'\n",
  );
});

Deno.test("only the owner may read the file, also one that somebody wrote by hand", () =>
  inFolder(async (path) => {
    await writeSettingsFile(path, { A: "1" });
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    await Deno.chmod(path, 0o644);
    await readSettingsFile(path);
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("without a file there are no settings, and an empty line is none", () =>
  inFolder(async (path) => {
    assertEquals(await readSettingsFile(path), {});
    await Deno.writeTextFile(path, "A=''\nB=\n");
    assertEquals(await readSettingsFile(path), {});
  }));

Deno.test("a folder in the file's place is told in a sentence", () =>
  inFolder(async (path) => {
    await Deno.mkdir(path);
    await assertRejects(() => readSettingsFile(path), Problem, "cannot be read");
  }));

Deno.test("a value that no quotes can hold is refused before anything is written", () => {
  assertThrows(() => quote("PASSWORD", "'`"), Problem, "PASSWORD holds both");
  assertThrows(() => quote("PASSWORD", "a\nb"), Problem, "line break");
});
