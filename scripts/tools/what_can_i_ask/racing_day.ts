import { connect, type Sql } from "../../lab/platform/database.ts";
import { pause } from "../../lab/platform/waiting.ts";
import { bootEverything } from "../../lab/world/boot.ts";
import { MovedTime } from "../../lab/world/moved_time.ts";

/** The day on which the page asks: a Saturday. */
export const TODAY = "2026-10-31";

const API_SPEED = 50;
const MORNING = new Date(`${TODAY}T07:10:00Z`);
const AFTERNOON = new Date(`${TODAY}T13:20:00Z`);

/**
 * Two months of simulated racing, and the cards of a day as they were in the morning and pulled again after lunch:
 * the same data each time. Resolves to what is asked of them.
 */
export async function onARacingDay<T>(ask: (sql: Sql) => Promise<T>): Promise<T> {
  const time = new MovedTime(MORNING);
  await using everything = await bootEverything({
    apiSpeed: API_SPEED,
    seed: 1,
    apiNow: () => time.now(),
    platform: { cron: "manual", onMigrated: (adminUrl) => time.install(adminUrl) },
  });
  const { platform } = everything;
  const sql = connect(platform.adminUrl, { max: 1, name: "what can I ask" });
  const ended = async (run: number) => {
    for (;;) {
      const [status] = await sql<{ state: string; what_to_do: string }[]>`
        select state, what_to_do from public.backfill_status where run_id = ${run}
      `;
      if (status?.state === "succeeded") return;
      if (status === undefined || !/^(waiting|running)$/.test(status.state)) {
        throw new Error(`The run ${run} is ${status?.state}: ${status?.what_to_do}`);
      }
      await platform.cron.tick(time.now());
      await pause(500);
    }
  };
  const pull = async (call: string) => {
    const [run] = await sql.unsafe<{ id: number }[]>(`select ${call}::integer as id`);
    await ended(run?.id ?? 0);
  };
  try {
    await pull("public.backfill_start(date '2026-09-01', date '2026-10-30', array['masters', 'results'])");
    await pull(`public.pull_days(date '${TODAY}', date '${TODAY}', array['racecards'])`);
    await time.moveTo(sql, AFTERNOON, "stay");
    await pull(`public.pull_days(date '${TODAY}', date '${TODAY}', array['racecards'])`);
    await sql`analyze`;
    return await ask(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
