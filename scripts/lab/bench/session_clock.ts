import type { Sql } from "../platform/database.ts";
import { readProcesses, serverOf } from "./processes.ts";

/** Seconds, from some moment on. */
export type SessionClock = () => number;

const NANOSECONDS = 1e9;

/**
 * The processor time of a connection's session, which what else the machine does hardly changes. Where it can't be read,
 * because the server is on another machine or there is no /proc, the time that goes by.
 *
 * @param sql with one connection
 */
export async function sessionClock(sql: Sql): Promise<SessionClock> {
  const [session] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const pid = session?.pid ?? NaN;
  if (serverOf(pid, readProcesses()) === undefined) return () => performance.now() / 1000;
  return () => parseScheduled(Deno.readTextFileSync(`/proc/${pid}/schedstat`));
}

/** Seconds on a processor, the first field of /proc/PID/schedstat. */
export function parseScheduled(text: string): number {
  return Number(text.split(" ", 1)[0]) / NANOSECONDS;
}
