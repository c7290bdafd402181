import { isConnectionLoss } from "../platform/database.ts";
import { pause } from "../platform/waiting.ts";

/** Longer than a restart of the database on a machine that has other things to do. */
const PATIENCE_MILLISECONDS = 20_000;
const PAUSE_MILLISECONDS = 50;

/** Does it again while the database is restarting. What it does must bear being done twice. */
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
