import type { Sql } from "../platform/database.ts";
import { childrenCpuSeconds, familyCpuSeconds, readProcesses, serverOf } from "./processes.ts";

/** What only grows. The processors' seconds are null when they can't be read from this machine. */
export interface Counters {
  readonly walBytes: number;
  readonly postgresCpuSeconds: number | null;
  /** Of all isolates, those that have ended too, and their starts. */
  readonly isolatesCpuSeconds: number | null;
}

/** How many bytes of WAL the server has written. */
export async function walBytes(sql: Sql): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes
  `;
  return row?.bytes ?? NaN;
}

/** @param sql with one connection, whose process leads to its server's */
export async function readCounters(sql: Sql): Promise<Counters> {
  const [session] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const processes = readProcesses();
  const server = serverOf(session?.pid ?? NaN, processes);
  return {
    walBytes: await walBytes(sql),
    postgresCpuSeconds: familyCpuSeconds(server, processes),
    // Whatever this process starts is an isolate, apart from the server.
    isolatesCpuSeconds: childrenCpuSeconds(Deno.pid, processes, { without: server }),
  };
}

/** What was counted in between. */
export function between(before: Counters, after: Counters): Counters {
  const difference = (from: number | null, to: number | null) =>
    from === null || to === null ? null : to - from;
  return {
    walBytes: after.walBytes - before.walBytes,
    postgresCpuSeconds: difference(before.postgresCpuSeconds, after.postgresCpuSeconds),
    isolatesCpuSeconds: difference(before.isolatesCpuSeconds, after.isolatesCpuSeconds),
  };
}
