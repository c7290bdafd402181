import type { Sql } from "../../lab/platform/database.ts";
import { onARacingDay, TODAY } from "./racing_day.ts";
import { type Answered, questionsOf, writeAnswers } from "./write_answers.ts";

const SNIPPETS = new URL("../../../supabase/snippets/", import.meta.url);

/** int2, int4, int8, float8 and numeric. */
const NUMBERS = [20, 21, 23, 701, 1700];

/** A query as it is asked on the day of the page: what says "today" says that day. */
function onThatDay(query: string): string {
  return query.replaceAll("(now() at time zone 'Europe/London')::date", `date '${TODAY}'`)
    .replaceAll("racing.card()", `racing.card(date '${TODAY}')`);
}

async function ask(sql: Sql, query: string): Promise<Answered> {
  const rows = await sql.unsafe<Record<string, unknown>[]>(onThatDay(query));
  const isNumber = new Map(rows.columns.map(({ name, type }) => [name, NUMBERS.includes(type)]));
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map((
        [name, value],
      ) => [name, value !== null && isNumber.get(name) ? Number(value) : value]),
    )
  );
}

/** The page with the answers of the simulated racing day. */
export async function answerQuestions(page: string): Promise<string> {
  return await onARacingDay(async (sql) => {
    const answers = new Map<string, { query: string; rows: Answered }>();
    for (const name of questionsOf(page)) {
      const query = await Deno.readTextFile(new URL(`${name}.sql`, SNIPPETS));
      answers.set(name, { query, rows: await ask(sql, query) });
    }
    return writeAnswers(page, answers);
  });
}
