import { extname, fromFileUrl } from "@std/path";
import { startPlatform } from "../lab/platform/platform.ts";
import { Problem } from "../command_line/problem.ts";
import { databaseUrl } from "../command_line/option_values.ts";
import { readArguments } from "../command_line/read_arguments.ts";
import { runProgram } from "../command_line/run_program.ts";

/** A file of the repository that follows from the migrations. */
export interface GeneratedFile {
  /** The task that writes it. */
  readonly task: string;
  readonly path: string;
  /** Told when the committed file is another one: what is wrong, and what to run. */
  readonly outdated: string;
}

/**
 * Generates the file's text from a freshly migrated database and writes it, formatted; with `--check`, compares only. With
 * `--database-url`, the database is that one, migrated already.
 *
 * @throws {Problem} with the file's own sentence, when `--check` finds another text
 */
export async function writeOrCheck(
  file: GeneratedFile,
  generate: (databaseUrl: string) => Promise<string>,
): Promise<number> {
  const { task } = file;
  const options = readArguments(Deno.args, {
    task,
    flags: ["check"],
    values: { "database-url": databaseUrl },
  });
  if (options.help) {
    console.log(usage(file));
    return 0;
  }
  const text = await format(
    await fromDatabase(options["database-url"], generate),
    extname(file.path),
  );
  if (options.check) await checkFile(file, text);
  else {
    const changed = await readIfThere(file.path) !== text;
    if (changed) await Deno.writeTextFile(file.path, text);
    console.error(`${file.path} ${changed ? "is written" : "stays as it is"}.`);
  }
  return 0;
}

function usage({ task, path }: GeneratedFile): string {
  return `Writes ${path} from a freshly migrated database.

  deno task ${task} [options]

  --check              write nothing; exit with 1 when the file is another one
  --database-url URL   take this database, migrated already
  --help               show this
`;
}

async function fromDatabase(
  given: string | undefined,
  generate: (databaseUrl: string) => Promise<string>,
): Promise<string> {
  if (given !== undefined) return await generate(given);
  await using platform = await startPlatform({ functions: false, cron: "manual" });
  return await generate(platform.databaseUrl);
}

/** Refuses a file that is missing or holds another text. */
export async function checkFile(
  { path, outdated }: Omit<GeneratedFile, "task">,
  text: string,
): Promise<void> {
  const committed = await readIfThere(path);
  if (committed === undefined) throw new Problem(outdated);
  const [expected, found] = [committed.split("\n"), text.split("\n")];
  const line = found.findIndex((text, index) => text !== expected[index]);
  if (line < 0 && found.length === expected.length) return;
  const at = line < 0 ? found.length : line;
  const quote = (text = "the end") => text.trim();
  throw new Problem(`${outdated}\n  committed: ${quote(expected[at])}\n  now:       ${quote(found[at])}`);
}

async function format(text: string, suffix: string): Promise<string> {
  const file = await Deno.makeTempFile({ suffix });
  try {
    await Deno.writeTextFile(file, text);
    const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
    await runProgram(Deno.execPath(), ["fmt", "--quiet", "--config", config, file]);
    return await Deno.readTextFile(file);
  } finally {
    await Deno.remove(file);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
