import type { World } from "./world.ts";

/** A text, and where it stands. */
export interface Found {
  readonly place: string;
  readonly text: string;
}

/**
 * A sentence for each secret that leaked into a table that people read or into one of the other texts.
 *
 * @param others such as what the functions have logged
 */
export async function describeSecrets(
  { sql, secrets }: Pick<World, "sql" | "secrets">,
  others: readonly Found[],
): Promise<string[]> {
  const texts = await sql<Found[]>`
    select 'alerts' as place, message as text from alerts
    union all select 'ingest_errors', message from ingest_errors
    union all select 'backfill_progress', last_error from backfill_progress where last_error is not null
    union all select 'cron.job_run_details', return_message from cron.job_run_details where return_message is not null
  `;
  const places = [...texts, ...others];
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const found = places.find(({ text }) => text.includes(secret));
    return found === undefined ? [] : [`${name} stands in ${found.place}.`];
  });
}
