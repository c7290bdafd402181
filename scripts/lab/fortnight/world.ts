import { bootEverything } from "../world/boot.ts";
import { connect, type Sql } from "../platform/database.ts";
import { makeOwnDatabase } from "../platform/own_database.ts";
import type { Platform } from "../platform/platform.ts";
import { present } from "../test_support/present.ts";
import type { SimulatedApi } from "../racing_api/server.ts";
import type { Calendar } from "./calendar.ts";
import { Diary } from "./diary.ts";
import { MovedTime } from "./moved_time.ts";
import { PullWatch } from "./pull_watch.ts";
import { startWebhook, type Webhook } from "./webhook.ts";

/** Long enough that it stands in no text by accident. */
const ACCOUNT = { username: "fortnight-account", password: "a-password-that-must-not-be-written-down" };

/** Everything real but the API and the time. */
export interface World extends AsyncDisposable {
  readonly platform: Platform;
  readonly api: SimulatedApi;
  readonly sql: Sql;
  readonly time: MovedTime;
  readonly webhook: Webhook;
  readonly diary: Diary;
  readonly pulls: PullWatch;
  readonly functionLog: readonly string[];
  /** What must stand nowhere, by its name. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Boots it on the morning of the calendar's first day, with the webhook that alerts go to. */
export async function startWorld(
  calendar: Calendar,
  options: {
    readonly apiSpeed: number;
    readonly seed: number;
    readonly databaseUrl: string | undefined;
  },
): Promise<World> {
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
  const everything = starting.use(
    await bootEverything({
      apiSpeed: options.apiSpeed,
      seed: options.seed,
      account: ACCOUNT,
      databaseUrl: database?.url,
      apiNow: () => time.now(),
      scenario: calendar.script,
      platform: {
        cron: "manual",
        onMigrated: (adminUrl) => time.install(adminUrl),
        onDatabaseCall: pulls.onDatabaseCall,
        onFunctionLog: (line) => functionLog.push(line),
      },
    }),
  );
  const { platform } = everything;
  const api = present(everything.api, "simulated API");
  api.faults = () => {
    const now = time.now();
    diary.noteCall(now);
    return calendar.outages.some(({ from, to }) => now >= from && now < to) ? { status: 503 } : undefined;
  };
  const sql = connect(platform.adminUrl, { max: 2, name: "fortnight" });
  starting.defer(() => sql.end({ timeout: 1 }));
  await sql`select vault.create_secret(${webhook.url}, 'alert_webhook_url')`;
  await sql`update backfill_settings set alert_format = 'json'`;

  const resources = starting.move();
  return {
    ...{ platform, api, sql, time, webhook, diary, pulls, functionLog },
    secrets: {
      "the webhook's address": webhook.secret,
      "the worker secret": platform.workerSecret,
      "the secret key": platform.secretKey,
      "the API password": ACCOUNT.password,
      "the API credentials": btoa(`${ACCOUNT.username}:${ACCOUNT.password}`),
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
