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
  /** The error when the committed file differs: what is wrong, and what to run. */
  readonly outdated: string;
}

/**
 * Generates the file's text from a freshly migrated database and writes it, formatted; with `--check`, compares only.
 * With `--database-url`, the database is that one, migrated already.
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
  else console.error(await writeFile(file.path, text));
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

/** Writes a file where it is another text, or not there. Resolves to a sentence about it. */
export async function writeFile(path: string, text: string): Promise<string> {
  if (await readIfThere(path) === text) return `${path} stays as it is.`;
  await Deno.writeTextFile(path, text);
  return `${path} is written.`;
}

/**
 * Refuses a file that is missing or holds another text.
 *
 * @throws {Problem} with the file's own sentence, and the first line that differs
 */
export async function checkFile(
  { path, outdated }: Omit<GeneratedFile, "task">,
  text: string,
): Promise<void> {
  const committed = await readIfThere(path);
  if (committed === text) return;
  if (committed === undefined) throw new Problem(outdated);
  const [found, expected] = [committed.split("\n"), text.split("\n")];
  // They differ in some line, possibly the one after the end of the shorter text.
  let at = 0;
  while (found[at] === expected[at]) at++;
  const quote = (line = "the end") => line.trim() || "an empty line";
  throw new Problem(
    `${outdated}\n  line ${at + 1}, committed: ${quote(found[at])}\n  line ${at + 1}, now:       ${
      quote(expected[at])
    }`,
  );
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
