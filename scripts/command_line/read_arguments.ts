import { parseArgs } from "@std/cli/parse-args";
import { Problem } from "./problem.ts";

/** The options that a task knows besides `--help`. */
export interface KnownOptions<Flag extends string, Text extends string> {
  /** What it is called: `deno task NAME`. */
  readonly task: string;
  readonly flags?: readonly Flag[];
  readonly texts?: readonly Text[];
  /** Whether words without dashes mean something. Default: no. */
  readonly words?: boolean;
}

/** What was given of them. */
export type GivenOptions<Flag extends string, Text extends string> =
  & { readonly [name in Flag | "help"]: boolean }
  & { readonly [name in Text]: string | undefined }
  & { readonly words: readonly string[] };

/**
 * Reads a task's options, and nothing else: a mistyped `--check` must not write.
 *
 * @throws {Problem} about the first option or word that the task does not know
 */
export function readArguments<Flag extends string, Text extends string>(
  args: readonly string[],
  { task, flags = [], texts = [], words = false }: KnownOptions<Flag, Text>,
): GivenOptions<Flag, Text> {
  const { _, ...given } = parseArgs([...args], {
    boolean: ["help", ...flags],
    string: [...texts],
    alias: { help: "h" },
    unknown(word: string, name?: string) {
      if (name === undefined && words) return true;
      throw new Problem(`There is no option ${word || '""'}: see deno task ${task} --help.`);
    },
  });
  return { ...given, words: _.map(String) } as unknown as GivenOptions<Flag, Text>;
}
