import { pause } from "../platform/waiting.ts";
import type { ChaosWorld } from "./world.ts";

/** Both sweeps have arrived by then, unless the machine is too slow. */
const PATIENCE_MILLISECONDS = 3000;

/**
 * Runs two sweeps at once. The chunks stay locked until both have begun and one has found the other running.
 */
export async function sweepTwice(world: Pick<ChaosWorld, "sql" | "sweep">, minute: Date): Promise<void> {
  const { sql } = world;
  const [last] = await sql<{ id: string }[]>`select coalesce(max(runid), 0) as id from cron.job_run_details`;
  await sql`update cron.job set active = true where jobname = 'second-sweep'`;
  const holder = await sql.reserve();
  try {
    await holder`begin`;
    await holder`lock table public.backfill_progress in exclusive mode`;
    const sweeps = world.sweep(minute);
    const deadline = performance.now() + PATIENCE_MILLISECONDS;
    for (let bothCame = false; !bothCame && performance.now() < deadline;) {
      await pause(10);
      const [seen] = await holder<{ both: boolean }[]>`
        select count(*) >= 2 and count(*) filter (where status <> 'running') >= 1 as both
        from cron.job_run_details
        where runid > ${last?.id ?? "0"}
      `;
      bothCame = seen?.both ?? false;
    }
    await holder`rollback`;
    await sweeps;
  } finally {
    holder.release();
    await sql`update cron.job set active = false where jobname = 'second-sweep'`;
  }
}
