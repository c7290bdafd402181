import type postgres from "postgres";
import { type Answer, keyOf } from "./expected.ts";

/** A connection, or a transaction of it. */
export type Asker = Pick<postgres.Sql, "unsafe">;

/** All runners as racing.runner_form has them. */
export async function askRunnerForm(sql: Asker, where = "true"): Promise<Map<string, Answer>> {
  return byRunner(await rows(sql, `select * from racing.runner_form where ${where}`));
}

/** The card of a day. */
export async function askCard(sql: Asker, date: string): Promise<Map<string, Answer>> {
  return byRunner(await rows(sql, "select * from racing.card($1::date)", date));
}

/** racing.strike_rates(), by entity, partner and value. */
export async function askStrikeRates(
  sql: Asker,
  ...given: readonly [entity: string, by: string, since: string | null, until: string | null, id?: string]
): Promise<Map<string, Answer>> {
  const [entity, by, since, until, id = null] = given;
  const call = "select * from racing.strike_rates($1, $2, $3::date, $4::date, $5)";
  const found = await rows(sql, call, entity, by, since, until, id);
  return new Map(found.map((row) => {
    const keys = [row["entity_id"] ?? row["entity_name"]];
    if (entity === "pair") keys.push(row["partner_id"] ?? row["partner_name"]);
    return [[...keys, row["by_value"]].join("|"), row];
  }));
}

/** racing.draw_bias(), by what it was asked by and third. */
export async function askDrawBias(
  sql: Asker,
  course: string,
  by: readonly string[],
  until: string | null,
): Promise<Map<string, Answer>> {
  const call = "select * from racing.draw_bias($1, $2::text[], null, $3::date)";
  const found = await rows(sql, call, course, `{${by.join(",")}}`, until);
  return new Map(
    found.map((row) => [[row["distance"], row["going_group"], row["field"], row["third"]].join("|"), row]),
  );
}

/** racing.horse_profile() or racing.progeny(), by dimension and value. */
export async function askProfile(sql: Asker, call: string, id: string): Promise<Map<string, Answer>> {
  const found = await rows(sql, `select * from racing.${call}($1)`, id);
  return new Map(found.map((row) => [[row["dimension"], row["value"]].join("|"), row]));
}

async function rows(sql: Asker, query: string, ...given: (string | null)[]): Promise<Answer[]> {
  const found = await sql.unsafe<{ row: Answer }[]>(
    `select to_jsonb(answer) as row from (${query}) as answer`,
    given,
  );
  return found.map(({ row }) => row);
}

function byRunner(found: readonly Answer[]): Map<string, Answer> {
  return new Map(
    found.map((row) => [keyOf({ race_id: String(row["race_id"]), horse_id: String(row["horse_id"]) }), row]),
  );
}
