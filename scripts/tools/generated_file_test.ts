import { assertRejects } from "@std/assert";
import { join } from "@std/path";
import { checkFile } from "./generated_file.ts";
import { Problem } from "../command_line/problem.ts";

const OUTDATED = 'The list is not that of the migrations: run "deno task list" and commit the file.';

async function withFile(text: string | null, test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "list.md");
  try {
    if (text !== null) await Deno.writeTextFile(path, text);
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("checkFile() accepts a file that holds the text", async () => {
  await withFile("as it is\n", (path) => checkFile({ path, outdated: OUTDATED }, "as it is\n"));
});

Deno.test("checkFile() refuses a file that holds another text, with the file's sentence", async () => {
  await withFile("as it was\n", async (path) => {
    await assertRejects(() => checkFile({ path, outdated: OUTDATED }, "as it is\n"), Problem, OUTDATED);
  });
});

Deno.test("checkFile() refuses a file that is not there with the same sentence", async () => {
  await withFile(null, async (path) => {
    await assertRejects(() => checkFile({ path, outdated: OUTDATED }, "as it is\n"), Problem, OUTDATED);
  });
});
