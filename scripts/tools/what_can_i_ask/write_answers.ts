import { renderTable } from "../../command_line/render_table.ts";

/** The answer to a question: its rows, values as they are shown. */
export type Answered = readonly Readonly<Record<string, unknown>>[];

/** So many rows of an answer are shown. */
const MOST_ROWS = 12;

const PART = /<!-- (ask_\w+) -->\n[\s\S]*?<!-- end -->/g;

/** The names of the questions that a page asks, in its order. */
export function questionsOf(page: string): string[] {
  return [...page.matchAll(PART)].map(([, name = ""]) => name);
}

/** The page with each query and its answer in its place. */
export function writeAnswers(
  page: string,
  answers: ReadonlyMap<string, { readonly query: string; readonly rows: Answered }>,
): string {
  return page.replace(PART, (_, name: string) => {
    const answer = answers.get(name);
    if (answer === undefined) throw new Error(`The page asks ${name}, and nobody has answered`);
    const { query, rows } = answer;
    // The question is the heading.
    const sql = query.replace(/^-- .*\n/, "").trimEnd();
    const more = rows.length > MOST_ROWS ? `\n… and ${rows.length - MOST_ROWS} more` : "";
    return [
      `<!-- ${name} -->`,
      "",
      ...["```sql", sql, "```", ""],
      ...["```text", renderTable(rows.slice(0, MOST_ROWS)) + more, "```", ""],
      "<!-- end -->",
    ].join("\n");
  });
}
