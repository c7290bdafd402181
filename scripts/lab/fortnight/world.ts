import { makeOwnDatabase } from "../platform/own_database.ts";
import { MovedTime } from "../world/moved_time.ts";
import { startWorld, type World } from "../world/world.ts";
import type { Calendar } from "./calendar.ts";
import { Diary } from "./diary.ts";
import { PullWatch } from "./pull_watch.ts";
import { startWebhook, type Webhook } from "./webhook.ts";

/** The world of a fortnight, with what is written down of it. */
export interface FortnightWorld extends World {
  readonly webhook: Webhook;
  readonly diary: Diary;
  readonly pulls: PullWatch;
  readonly functionLog: readonly string[];
}

/** Boots it on the morning of the calendar's first day, with the webhook that alerts go to. */
export async function startFortnightWorld(
  calendar: Calendar,
  options: {
    readonly apiSpeed: number;
    readonly seed: number;
    readonly databaseUrl: string | undefined;
  },
): Promise<FortnightWorld> {
  await using starting = new AsyncDisposableStack();
  const time = new MovedTime(calendar.start);
  const diary = new Diary();
  const pulls = new PullWatch();
  const functionLog: string[] = [];
  const webhook = starting.use(startWebhook(() => time.now()));
  // A database that was used has runs of another time.
  const database = options.databaseUrl === undefined
    ? undefined
    : starting.use(await makeOwnDatabase(options.databaseUrl, `fortnight_${Deno.pid}`));
  const world = starting.use(
    await startWorld({
      name: "fortnight",
      apiSpeed: options.apiSpeed,
      seed: options.seed,
      databaseUrl: database?.url,
      time,
      apiNow: () => time.now(),
      scenario: calendar.script,
      webhookUrl: webhook.url,
      connections: { max: 2, outliveRestarts: false },
      onApiCall: () => {
        const now = time.now();
        diary.noteCall(now);
        return calendar.outages.some(({ from, to }) => now >= from && now < to) ? { status: 503 } : undefined;
      },
      platform: {
        onDatabaseCall: pulls.onDatabaseCall,
        onFunctionLog: (line) => functionLog.push(line),
      },
    }),
  );
  await world.sql`update backfill_settings set alert_format = 'json'`;
  // What is stored is compared with the cards and results of its days alone.
  await world.sql`update pull_schedules set enabled = false where pulls = 'ids'`;

  const resources = starting.move();
  return {
    ...world,
    ...{ webhook, diary, pulls, functionLog },
    secrets: { "the webhook's address": webhook.secret, ...world.secrets },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
