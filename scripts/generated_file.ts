import { extname, fromFileUrl } from "@std/path";
import { type Platform, startPlatform } from "./local/platform.ts";
import { Problem } from "./local/problem.ts";

/** A file of the repository that follows from the migrations. */
export interface GeneratedFile {
  readonly path: string;
  /** Told when the committed file is another one: what is wrong, and what to run. */
  readonly outdated: string;
}

/**
 * Generates the file's text from a freshly migrated database and writes it, formatted; with `--check`, compares only.
 *
 * @throws {Problem} with the file's own sentence, when `--check` finds another text
 */
export async function writeOrCheck(
  file: GeneratedFile,
  generate: (platform: Platform) => Promise<string>,
): Promise<number> {
  await using platform = await startPlatform({ functions: false, cron: "manual" });
  const text = await format(await generate(platform), extname(file.path));
  if (Deno.args.includes("--check")) await checkFile(file, text);
  else await Deno.writeTextFile(file.path, text);
  return 0;
}

/** Refuses a file that is missing or holds another text. */
export async function checkFile({ path, outdated }: GeneratedFile, text: string): Promise<void> {
  if (text !== await readIfThere(path)) throw new Problem(outdated);
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
