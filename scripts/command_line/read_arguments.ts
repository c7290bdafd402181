import { parseArgs } from "@std/cli/parse-args";
import type { ValueReader } from "./option_values.ts";
import { Problem } from "./problem.ts";

/** The options that a task takes in addition to `--help`. */
export interface KnownOptions<
  Flag extends string,
  Values extends Readonly<Record<string, ValueReader<unknown>>>,
> {
  /** What it is called: `deno task NAME`. */
  readonly task: string;
  readonly flags?: readonly Flag[];
  /** Options with a value, and how each is read. */
  readonly values?: Values;
  /** Whether arguments without dashes are allowed. Default: no. */
  readonly words?: boolean;
}

/** What was given of them. */
export type GivenOptions<Flag extends string, Values extends Readonly<Record<string, ValueReader<unknown>>>> =
  & { readonly [name in Flag | "help"]: boolean }
  & { readonly [name in keyof Values]: ReturnType<Values[name]> | undefined }
  & { readonly words: readonly string[] };

/**
 * Reads a task's options, and nothing else: a mistyped `--check` must not write.
 *
 * @throws {Problem} about the first option, value or word that the task does not know
 */
export function readArguments<
  Flag extends string = never,
  // deno-lint-ignore ban-types -- no option with a value
  Values extends Readonly<Record<string, ValueReader<unknown>>> = {},
>(
  args: readonly string[],
  { task, flags = [], values, words = false }: KnownOptions<Flag, Values>,
): GivenOptions<Flag, Values> {
  const readers = Object.entries(values ?? {});
  const { _, ...given } = parseArgs(joinNegativeNumbers(args, readers.map(([name]) => name)), {
    boolean: ["help", ...flags],
    string: readers.map(([name]) => name),
    alias: { help: "h" },
    unknown(word: string, name?: string) {
      if (name === undefined && words) return true;
      throw new Problem(`There is no option ${word || '""'}: see deno task ${task} --help.`);
    },
  }) as { _: (string | number)[] } & Record<string, unknown>;
  const read = readers.map(([name, reader]) => {
    const text = given[name];
    if (text === "") throw new Problem(`The option --${name} needs a value.`);
    return [name, typeof text === "string" ? reader(text, name) : undefined];
  });
  return { ...given, ...Object.fromEntries(read), words: _.map(String) } as GivenOptions<Flag, Values>;
}

/** "--months -1" becomes "--months=-1": a number that is too small, not an option that there is not. */
function joinNegativeNumbers(args: readonly string[], names: readonly string[]): string[] {
  return args.flatMap((word, nth) => {
    const next = args[nth + 1];
    if (next !== undefined && isNegativeNumber(next) && isOneOf(word, names)) return [`${word}=${next}`];
    const before = args[nth - 1];
    return before !== undefined && isNegativeNumber(word) && isOneOf(before, names) ? [] : [word];
  });
}

const isNegativeNumber = (word: string) => /^-[.\d]/.test(word);
const isOneOf = (word: string, names: readonly string[]) => names.includes(word.replace(/^--/, ""));
