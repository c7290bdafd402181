/** Writes the queries and answers of docs/what_can_i_ask.md again; with --check, compares only. */
import { fromFileUrl } from "@std/path";
import { readArguments } from "../command_line/read_arguments.ts";
import { runMain } from "../command_line/run_main.ts";
import { checkFile, writeFile } from "./generated_file.ts";
import { answerQuestions } from "./what_can_i_ask/answer_questions.ts";

const FILE = {
  path: fromFileUrl(new URL("../../docs/what_can_i_ask.md", import.meta.url)),
  outdated:
    'The answers in docs/what_can_i_ask.md are not those of the database: run "deno task answers" and commit it.',
};

const USAGE =
  `Writes the queries and answers of docs/what_can_i_ask.md again, on two months of simulated racing.

  deno task answers [options]

  --check   write nothing; exit with 1 when the page has other ones
  --help    show this
`;

async function main(): Promise<number> {
  const options = readArguments(Deno.args, { task: "answers", flags: ["check"] });
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const text = await answerQuestions(await Deno.readTextFile(FILE.path));
  if (options.check) await checkFile(FILE, text);
  else console.error(await writeFile(FILE.path, text));
  return 0;
}

if (import.meta.main) await runMain(main);
