import { untilStill } from "./drive.ts";
import type { Witness } from "./ledger.ts";
import type { ChaosWorld } from "./world.ts";
import { patiently } from "../world/patiently.ts";

/** More than two batches of pg_net's worker. */
export const CROWD = [420, 550] as const;
/** One in so many of a crowd is slow. */
const SLOW_EVERY = 150;
/** An alert is sent again five minutes after it got no good answer, at most five times. */
const RETRY_MINUTES = 6;
const TRIES = 6;

/** What the queue faults work with. */
export interface QueueFaultsOptions {
  readonly world: ChaosWorld;
  /** Called when a crowd was lost in a crash. */
  readonly onCrowdLost: () => void;
}

interface Crowd {
  readonly name: string;
  readonly size: number;
  isLost: boolean;
}

interface LostAlert {
  readonly subject: string;
  /** How many alerts had come when it was lost. */
  readonly before: number;
  hasCome: boolean;
}

/** What other users, and a crash, do to pg_net's queue. */
export class QueueFaults {
  readonly #crowds: Crowd[] = [];
  readonly #alerts: LostAlert[] = [];
  #isLosingAlerts = false;

  constructor(private readonly options: QueueFaultsOptions) {}

  /** Whether to lose a request in transit: an alert, until the crash. */
  loses(url: string): boolean {
    return this.#isLosingAlerts && url === this.options.world.others.webhookUrl;
  }

  /** Puts a crowd of other requests into the queue, ahead of everything queued from now on. */
  async crowd(size: number, slowMilliseconds: number): Promise<Witness> {
    const { sql, others } = this.options.world;
    // The server outlives a seed, and so do its counts.
    const crowd: Crowd = { name: `crowd-${crypto.randomUUID()}`, size, isLost: false };
    await patiently(() =>
      // In one statement: all or none of them, even if the database restarts.
      sql`
        select net.http_post(
          case when n % ${SLOW_EVERY} = 1 then ${others.urlOf(crowd.name, slowMilliseconds)} else ${
        others.urlOf(crowd.name)
      } end
        )
        from generate_series(1, ${size}) as n
      `
    );
    this.#crowds.push(crowd);
    const isThere = () => others.came(crowd.name) === size;
    return { due: () => crowd.isLost ? 0 : 1, found: () => !crowd.isLost && isThere() ? 1 : 0 };
  }

  /** A crash has emptied the queue: requests that were still waiting never arrive. */
  emptied(): void {
    for (const crowd of this.#crowds) {
      if (crowd.isLost || this.options.world.others.came(crowd.name) === crowd.size) continue;
      crowd.isLost = true;
      this.options.onCrowdLost();
    }
  }

  /**
   * Crashes the database with an alert in transit. pg_net's request ids start at 1 again, and soon another request with
   * the alert's id is answered successfully.
   */
  async startOver(): Promise<Witness> {
    const { sql, others, platform } = this.options.world;
    const lost: LostAlert = {
      subject: `chaos ${this.#alerts.length + 1}`,
      before: others.alerts.length,
      hasCome: false,
    };
    this.#isLosingAlerts = true;
    let id: number;
    try {
      await patiently(() =>
        sql`
          with alert as (
            insert into public.alerts (kind, subject, message) values ('gap', ${lost.subject}, 'It must arrive.')
            on conflict do nothing
            returning id
          )
          insert into engine.alert_messages (alert_id, phase) select alert.id, 'raised' from alert
        `
      );
      await patiently(() => sql`select engine.send_alerts()`);
      const [message] = await patiently(() =>
        sql<{ id: number }[]>`
          select request.request_id::integer as id
          from engine.alert_requests as request
          join engine.alert_messages as m on m.id = request.message_id
          join public.alerts as a on a.id = m.alert_id
          where a.subject = ${lost.subject} and m.phase = 'raised'
        `
      );
      id = message?.id ?? NaN;
      await platform.restartDatabase("immediate");
      this.emptied();
    } finally {
      this.#isLosingAlerts = false;
    }
    await this.#answerUnder(id);
    this.#alerts.push(lost);
    return { due: () => 1, found: () => lost.hasCome ? 1 : 0 };
  }

  /** Makes another request that gets this id and an answer. */
  async #answerUnder(id: number): Promise<void> {
    const { sql, others } = this.options.world;
    const post = async () => {
      const [request] = await patiently(() =>
        sql<{ id: number }[]>`select net.http_post(${others.urlOf("namesake")})::integer as id`
      );
      return request?.id ?? NaN;
    };
    const first = await post();
    if (first > id) throw new Error(`After the crash the ids went on at ${first}, the alert had ${id}`);
    if (first === id) return;
    // Instead of as many requests as there were before the crash.
    await patiently(() => sql`select setval('net.http_request_queue_id_seq', ${id - 1}, true)`);
    await post();
  }

  /** After the run: gives lost alerts time to be sent again. */
  async conclude(): Promise<void> {
    const { world } = this.options;
    const { sql, others } = world;
    for (let nth = 0; nth < TRIES; nth++) {
      for (const lost of this.#alerts) {
        lost.hasCome = others.alerts.slice(lost.before).some((body) => body.includes(lost.subject));
      }
      if (this.#alerts.every(({ hasCome }) => hasCome)) return;
      for (let minute = 0; minute < RETRY_MINUTES; minute++) await world.toNextMinute();
      // After a pause of a week an alert is too old to be sent.
      await sql`update engine.alert_messages set created_at = engine.clock()`;
      await sql`select engine.send_alerts()`;
      await untilStill(world);
    }
  }
}
