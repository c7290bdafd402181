import { isConnectionLoss } from "../platform/database.ts";
import { pause } from "../platform/waiting.ts";

/** Longer than a restart of the database on a busy machine. */
const PATIENCE_MILLISECONDS = 20_000;
const PAUSE_MILLISECONDS = 50;

/** Repeats the work while the database is restarting. The work must be safe to repeat. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MILLISECONDS;
  while (true) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionLoss(error) || performance.now() > deadline) throw error;
      await pause(PAUSE_MILLISECONDS);
    }
  }
}
