/** The commands of the supabase CLI that the documents name. */

/** A command as a document names it. */
export interface DocumentedCommand {
  readonly file: string;
  /** What follows `supabase`, as the shell would split it. */
  readonly words: readonly string[];
}

/** A document's commands, and the text outside them, where a command could be missed. */
export interface ReadDocument {
  readonly commands: readonly DocumentedCommand[];
  readonly rest: string;
}

/** `supabase`, or what stands for it where it is not installed. */
const CLI = /^(?:npx (?:-\S+ )*supabase@\S+|supabase)\s+(?=\S)/;
const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;
const INLINE_CODE = /`([^`]+)`/g;
const QUOTED = /"((?:npx|supabase) [^"]+)"/g;
/** Quoted, or an argument put in by the shell, or anything else without a space. */
const WORD = /(?:"[^"]*"|'[^']*'|\$\([^)]*\)|\$\{[^}]*\}|[^\s"'])+/g;

/** Finds the commands: in Markdown in fenced blocks and inline code, elsewhere between quotation marks or backticks. */
export function readDocument(file: string, text: string): ReadDocument {
  const commands: DocumentedCommand[] = [];
  const take = (code: string): string => {
    const command = code.replace(/\s+/g, " ").trim();
    if (!CLI.test(command)) return code;
    commands.push({ file, words: command.replace(CLI, "").match(WORD) ?? [] });
    return "";
  };
  const takeFrom = (pattern: RegExp) => (source: string) =>
    source.replace(pattern, (whole, code: string) => take(code) === "" ? "" : whole);

  const steps = file.endsWith(".md")
    ? [
      (source: string) =>
        source.replace(FENCE, (_whole, language: string, block: string) => takeBlock(language, block, take)),
      takeFrom(INLINE_CODE),
    ]
    : [
      // A sentence of a comment goes on in the next line.
      (source: string) => source.replace(/\n\s*(?:--|\/\/|\*) ?/g, " "),
      takeFrom(QUOTED),
      takeFrom(INLINE_CODE),
    ];
  return { rest: steps.reduce((source, step) => step(source), text), commands };
}

/** Each command of a shell's block; of one in another language what is quoted. */
function takeBlock(language: string, block: string, take: (code: string) => string): string {
  if (language !== "" && language !== "sh") {
    return block.replace(QUOTED, (whole, code: string) => take(code) === "" ? "" : whole);
  }
  return block
    .replace(/\\\n/g, " ")
    .replace(/(^|\s)#.*$/gm, "")
    .split(/\n|&&|\|\||[;|]/)
    .map((part) => take(part.trim().replace(/^(?:\w+=\S* )+/, "")))
    .join("\n");
}

function named(path: readonly string[]): string {
  return ["supabase", ...path].join(" ");
}

/** What the CLI's help says of a command. */
export interface CommandHelp {
  /** Names of its subcommands; none for one that does something itself. */
  readonly subcommands: ReadonlySet<string>;
  /** Its flags, and whether the next word is a flag's value. */
  readonly flags: ReadonlyMap<string, boolean>;
  readonly takesArguments: boolean;
  /** Without `--remote` it means the stack on this machine. */
  readonly isLocalByDefault: boolean;
}

/** Reads what `supabase … --help` prints; null when that is another command's, as it is for one that is not there. */
export function readHelp(path: readonly string[], printed: string): CommandHelp | null {
  const section = (name: string) =>
    new RegExp(`^(?:GLOBAL )?${name}\\n((?: .*\\n?)+)`, "gm")[Symbol.matchAll](printed)
      .flatMap(([, lines = ""]) => lines.split("\n")).toArray();
  const usage = section("USAGE").map((line) => line.trim()).find((line) => line !== "") ?? "";
  if (usage.replace(/ (?:<subcommand>|\[).*$/, "") !== named(path)) return null;

  const flags = new Map<string, boolean>();
  for (const line of section("FLAGS")) {
    const [, names = "", value = ""] =
      /^ {2}(--?[\w-]+(?:, --?[\w-]+)*)(?:\[=\S+\])?(?: (\S+))? {2,}/.exec(line) ?? [];
    for (const name of names.split(", ")) if (name !== "") flags.set(name, value !== "");
  }
  const subcommands = section("SUBCOMMANDS").flatMap((line) => {
    const [, names = ""] = /^ {2}([a-z][\w-]*(?:, [a-z][\w-]*)*) /.exec(line) ?? [];
    return names.split(", ").filter((name) => name !== "");
  });
  return {
    subcommands: new Set(subcommands),
    flags,
    takesArguments: section("ARGUMENTS").length > 0,
    isLocalByDefault: section("TARGET").some((line) => line.includes("Local by default")),
  };
}

/**
 * What is wrong with a command, in a sentence; null when the CLI has it as written.
 *
 * @param ask the help of a command by its path; null when there is no such command
 */
export async function faultOf(
  { words }: DocumentedCommand,
  ask: (path: readonly string[]) => Promise<CommandHelp | null>,
): Promise<string | null> {
  const path: string[] = [];
  let help = await ask(path);
  let hasRemote = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (help === null) return `the CLI has no help for "${named(path)}"`;
    if (word.startsWith("-")) {
      const [flag = ""] = word.split("=");
      const takesNext = help.flags.get(flag);
      if (takesNext === undefined) return `"${named(path)}" has no flag ${flag}`;
      if (takesNext && flag === word && ++index >= words.length) return `${flag} wants a value`;
      hasRemote ||= flag === "--remote";
    } else if (help.subcommands.size > 0) {
      if (!help.subcommands.has(word)) return `"${named(path)}" has no subcommand ${word}`;
      path.push(word);
      help = await ask(path);
    } else if (!help.takesArguments) {
      return `"${named(path)}" takes no arguments, such as ${word}`;
    }
  }
  if (help === null || help.subcommands.size > 0) {
    return `"${named(path)}" is no command by itself`;
  }
  if (help.isLocalByDefault && !hasRemote) {
    return `"${named(path)}" means the stack on this machine: --remote is missing`;
  }
  return null;
}
