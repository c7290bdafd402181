import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { splitStatements } from "../../scripts/lab/platform/split_statements.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
/** The documents that tell an operator what to type. */
const DOCUMENTS = ["README.md", "docs/guide.md", "docs/quick_reference.md", "docs/merging.md"];

function read(path: string): string {
  return Deno.readTextFileSync(ROOT + path);
}

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset("2026-11-25T10:00:00Z"));

/** The statements of a document's SQL blocks, in order. */
function statementsOf(document: string): string[] {
  const blocks = [...document.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  return blocks.flatMap((block) => splitStatements(block)).filter((statement) => statement.trim() !== "");
}

for (const path of DOCUMENTS) {
  const statements = statementsOf(read(path));
  if (statements.length === 0) continue;
  Deno.test(`every statement of ${path} runs, one after the other, as it is written`, async () => {
    for (const statement of statements) {
      await db.sql.unsafe(statement).catch((error: Error) => {
        throw new Error(`${path}: ${statement}\n${error.message}`, { cause: error });
      });
    }
  });
}

Deno.test("README and the guide have statements to run", () => {
  for (const path of ["README.md", "docs/guide.md"]) assert(statementsOf(read(path)).length > 0, path);
});

Deno.test("every task that a document names is there, with the options that it names", async () => {
  const { tasks } = JSON.parse(read("deno.json")) as { tasks: Record<string, { command: string }> };
  const faults: string[] = [];
  for (
    const path of [...DOCUMENTS, "ARCHITECTURE.md", "scripts/lab/README.md", "supabase/schemas/README.md"]
  ) {
    for (
      const [, name = "", options = ""] of read(path).matchAll(
        /deno task ([a-z:]+)((?: --[a-z-]+(?: \d+)?)*)/g,
      )
    ) {
      const command = tasks[name]?.command;
      if (command === undefined) {
        faults.push(`${path}: there is no task ${name}`);
        continue;
      }
      const [, script] = /(scripts\/\S+\.ts)/.exec(command) ?? [];
      const help = script === undefined ? "" : await sourceOf(script);
      for (const [option] of options.matchAll(/--[a-z-]+/g)) {
        if (script !== undefined && !help.includes(option)) faults.push(`${path}: ${name} has no ${option}`);
      }
    }
  }
  assertEquals(faults, []);
});

/** A task's file, and those beside it in the folder of its name: their help names every option. */
async function sourceOf(script: string): Promise<string> {
  const texts = [read(script)];
  const folder = ROOT + script.replace(/\.ts$/, "");
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && /\.ts$/.test(name)) texts.push(await Deno.readTextFile(`${folder}/${name}`));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  texts.push(read("scripts/lab/world/boot_options.ts"));
  return texts.join("\n");
}
