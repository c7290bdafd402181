import type { Sql } from "../platform/database.ts";
import type { Witness } from "./ledger.ts";
import { patiently } from "../world/patiently.ts";

/** How Vault's worker secret is wrong. */
export type SecretFault = "missing" | "another";

/** The unanswered sweeps after which an error must have been logged. */
const SWEEPS_UNTIL_TOLD = 4;
/** In the engine's time. A dispatch counts as lost after 15 seconds, and nothing is logged before that. */
const SECONDS_UNTIL_LOST = 20;

interface Trouble {
  readonly how: SecretFault;
  /** The highest id of the error log before. */
  readonly afterError: number;
  /** When a sweep first had something to dispatch, in the engine's time. */
  calledAt: Date | undefined;
  /** Sweeps since then whose dispatch was lost. */
  unansweredSweeps: number;
  isTold: boolean;
}

/** Removes or replaces the worker secret in Vault, and restores it once the error log shows the fault. */
export class SecretFaults {
  #trouble: Trouble | undefined;

  constructor(private readonly sql: Sql, private readonly secret: string) {}

  /** Whether the secret is wrong now. */
  get areBroken(): boolean {
    return this.#trouble !== undefined;
  }

  /** Makes it wrong. */
  async break(how: SecretFault): Promise<Witness> {
    const [last] = await patiently(() =>
      this.sql<{ id: number }[]>`select coalesce(max(id), 0)::integer as id from public.ingest_errors`
    );
    const trouble: Trouble = {
      how,
      afterError: last?.id ?? 0,
      calledAt: undefined,
      unansweredSweeps: 0,
      isTold: false,
    };
    if (how === "missing") {
      await patiently(() =>
        this.sql`update vault.secrets set name = 'kept for later' where name = 'worker_secret'`
      );
    } else await this.#write("not what the functions know");
    this.#trouble = trouble;
    return {
      due: () => trouble.unansweredSweeps > 0 ? 1 : 0,
      found: () => trouble.unansweredSweeps > 0 && trouble.isTold ? 1 : 0,
    };
  }

  /** After each sweep: restores the secret once the error log says that no dispatch is answered. */
  async afterSweep(): Promise<void> {
    const trouble = this.#trouble;
    if (trouble === undefined) return;
    const [seen] = await patiently(() =>
      this.sql<{ hasCalled: boolean; isTold: boolean; now: Date }[]>`
        select
          engine.clock() as now,
          count(*) > 0 as "hasCalled",
          coalesce(bool_and(engine.silence_is_noted(ready.feed, 'The dispatch ')), false)
            or exists (
              select from public.ingest_errors where id > ${trouble.afterError} and failure_class = 'lost_dispatch'
            ) as "isTold"
        from (select distinct feed from engine.claimable_chunks) as ready
      `
    );
    if (seen === undefined) return;
    if (seen.hasCalled) {
      trouble.calledAt ??= seen.now;
      if (seen.now.getTime() - trouble.calledAt.getTime() >= SECONDS_UNTIL_LOST * 1000) {
        trouble.unansweredSweeps++;
      }
    }
    trouble.isTold ||= seen.isTold;
    if (trouble.unansweredSweeps > 0 && trouble.isTold || trouble.unansweredSweeps >= SWEEPS_UNTIL_TOLD) {
      await this.mend();
    }
  }

  /** Restores the right secret. */
  async mend(): Promise<void> {
    if (this.#trouble === undefined) return;
    await patiently(() =>
      this.sql`update vault.secrets set name = 'worker_secret' where name = 'kept for later'`
    );
    await this.#write(this.secret);
    this.#trouble = undefined;
  }

  async #write(secret: string): Promise<void> {
    await patiently(() =>
      this.sql`select vault.update_secret(id, ${secret}) from vault.secrets where name = 'worker_secret'`
    );
  }
}
