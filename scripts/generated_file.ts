import { parseArgs } from "@std/cli/parse-args";
import { extname, fromFileUrl } from "@std/path";
import { startPlatform } from "./local/platform.ts";
import { Problem } from "./local/problem.ts";

/** A file of the repository that follows from the migrations. */
export interface GeneratedFile {
  readonly path: string;
  /** Told when the committed file is another one: what is wrong, and what to run. */
  readonly outdated: string;
  /** Leaves out what one version of Postgres prints otherwise than another. Default: nothing is left out. */
  readonly comparable?: (text: string) => string;
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
  const options = parseArgs(Deno.args, { boolean: ["check"], string: ["database-url"] });
  const text = await format(
    await fromDatabase(options["database-url"], generate),
    extname(file.path),
  );
  if (options.check) await checkFile(file, text);
  else await Deno.writeTextFile(file.path, text);
  return 0;
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
  { path, outdated, comparable = (text) => text }: GeneratedFile,
  text: string,
): Promise<void> {
  const committed = await readIfThere(path);
  if (committed === undefined) throw new Problem(outdated);
  const [expected, found] = [comparable(committed).split("\n"), comparable(text).split("\n")];
  const line = found.findIndex((text, index) => text !== expected[index]);
  if (line < 0 && found.length === expected.length) return;
  const at = line < 0 ? found.length : line;
  const quote = (text = "the end") => text.trim();
  throw new Problem(`${outdated}\n  committed: ${quote(expected[at])}\n  now:       ${quote(found[at])}`);
}

/** Runs a command to its end and returns what it printed. */
export async function run(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Problem(`${command} ${args[0]} failed: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}

async function format(text: string, suffix: string): Promise<string> {
  const file = await Deno.makeTempFile({ suffix });
  try {
    await Deno.writeTextFile(file, text);
    const config = fromFileUrl(new URL("../deno.json", import.meta.url));
    await run(Deno.execPath(), ["fmt", "--quiet", "--config", config, file]);
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
