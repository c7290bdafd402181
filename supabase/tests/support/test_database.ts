import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import { startPlatform } from "../../../scripts/lab/platform/platform.ts";
import { StandingTime } from "../../../scripts/lab/world/moved_time.ts";
import { freeSlots } from "../../../scripts/lab/world/slots.ts";

/** A dispatch that SQL has queued for pg_net and that is not sent yet. */
export interface QueuedDispatch {
  readonly url: string;
  /** Without the time at which it runs out. */
  readonly body: Record<string, unknown>;
  /** Null of what goes elsewhere than to the functions. */
  readonly signature: string | null;
  /** Until when it is good, in seconds since 1970; null of what goes elsewhere. */
  readonly expires: number | null;
}

/**
 * The migrated database of an embedded Postgres, with time that a test moves and a queue whose requests are never sent.
 */
export interface TestDatabase {
  /** As the role postgres, as an operator in the SQL editor. */
  readonly sql: Sql;
  /** As service_role, as the functions do. */
  readonly worker: Sql;
  /** As the superuser, who may do what only the platform itself may. */
  readonly admin: Sql;
  readonly workerSecret: string;
  /** The superuser's, to set any role with. */
  readonly adminUrl: string;
  /** Empties every table, restores settings and feeds, and sets the engine's time. */
  reset(moment?: string): Promise<void>;
  /** Sets the engine's time. */
  setTime(moment: Date | string): Promise<void>;
  /** Moves the engine's time forward by an interval such as "90 seconds". */
  passTime(interval: string): Promise<void>;
  stop(): Promise<void>;
  /** Runs something while Vault lacks the worker secret. */
  withoutWorkerSecret(work: () => Promise<void>): Promise<void>;
  /** What was queued since the last time this was asked. These dispatches count as arrived. */
  takeDispatches(): Promise<QueuedDispatch[]>;
}

/** A Monday in the middle of racing, and of British summer time. */
export const MONDAY_NOON = "2026-06-15T11:00:00Z";

const FILLED_TABLES = [
  "alerts",
  "engine.alert_messages",
  "engine.compactions",
  "engine.gap_pulls",
  "engine.ids_asked",
  "engine.legacy_items",
  "engine.racing_api_calls",
  "engine.invocations",
  "engine.daily_usage",
  "engine.dispatches",
  "engine.heartbeats",
  "engine.wakeups",
  "engine.pings",
  "backfill_runs",
  "backfill_progress",
  "ra_coverage",
  "ingest_errors",
  "ingest_rejects",
  "ingest_unknown_fields",
  "ra_runners",
  "ra_races",
  "ra_mst_horses",
  "ra_mst_sires",
  "ra_mst_dams",
  "ra_mst_damsires",
  "ra_mst_jockeys",
  "ra_mst_trainers",
  "ra_mst_owners",
  "ra_mst_courses",
  "ra_mst_regions",
  "ra_mst_bookmakers",
];

/**
 * Makes `testing.empty_tables()`, for the superuser: it empties the tables that tests fill, and those that refer to them,
 * and lets their ids begin again. To truncate them all took 150 ms a test, because each table gets new files, for its
 * indexes too, and every plan is made again; so that is for large ones.
 */
async function installEmptying(admin: Sql): Promise<void> {
  await admin.unsafe(`
    create schema if not exists testing;
    create table testing.filled as
    with recursive filled (oid) as (
      select listed.name::regclass::oid from unnest(array['${FILLED_TABLES.join("', '")}']) as listed (name)
      union
      select reference.conrelid from filled join pg_constraint as reference on reference.confrelid = filled.oid
    )
    select
      filled.oid::regclass as name,
      array(
        select owned.objid::regclass
        from pg_depend as owned
        join pg_sequence as sequence on sequence.seqrelid = owned.objid
        where owned.classid = 'pg_class'::regclass and owned.refobjid = filled.oid
      ) as sequences
    from filled;
    create function testing.empty_tables()
    returns void language plpgsql set search_path = '' set session_replication_role = replica
    as $$
    declare
      filled record;
    begin
      perform pg_catalog.setval(sequence.seqrelid, sequence.seqstart, false)
      from testing.filled as f
      join pg_catalog.pg_sequence as sequence on sequence.seqrelid = any (f.sequences)
      where pg_catalog.pg_sequence_last_value(sequence.seqrelid) is not null;
      for filled in
        select f.name, pg_catalog.pg_relation_size(f.name) as bytes
        from testing.filled as f
        where pg_catalog.pg_relation_size(f.name) > 0
      loop
        if filled.bytes > 300000 then
          execute format('truncate %s cascade', filled.name);
        else
          execute format('delete from %s', filled.name);
        end if;
      end loop;
    end
    $$;
  `);
}

/** Keeps the real pg_cron of a given server from ticking in the midst of a test: every job is there, none is active. */
async function standCronStill(admin: Sql): Promise<void> {
  await admin.unsafe(`
    create or replace function testing.switch_job_off()
    returns trigger language plpgsql set search_path = ''
    as 'begin new.active := false; return new; end';
    create or replace trigger switched_off before insert on cron.job
    for each row execute function testing.switch_job_off();
    update cron.job set active = false;
  `);
}

/** Starts it. One per test file; `reset` comes before each test. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const databaseUrl = Deno.env.get("TEST_DATABASE_URL");
  const platform = await startPlatform({
    functions: false,
    cron: "manual",
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
  const sql = connect(platform.databaseUrl, { max: 4, name: "test" });
  const worker = connect(platform.databaseUrl, { max: 4, name: "test worker", role: "service_role" });
  const admin = connect(platform.adminUrl, { max: 1, name: "test admin" });
  const time = new StandingTime(sql);
  await time.install();
  await installEmptying(admin);
  await sql`create table testing.feeds as select name, page_limit from engine.feeds`;
  const settings = await sql<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = 'backfill_settings'::regclass and attnum > 0 and not attisdropped
  `;
  const defaultSettings = settings.map(({ name }) => `${name} = default`).join(", ");
  if (databaseUrl !== undefined) await standCronStill(admin);

  return {
    sql,
    worker,
    admin,
    workerSecret: platform.workerSecret,
    adminUrl: platform.adminUrl,
    async reset(moment = MONDAY_NOON) {
      await admin`select testing.empty_tables()`;
      await sql.unsafe(`update backfill_settings set ${defaultSettings}`);
      await sql`delete from engine.feeds where name not in (select name from testing.feeds)`;
      await sql`
        delete from engine.locks where name like 'claim %' and substr(name, 7) not in (select name from testing.feeds)
      `;
      await sql`
        update engine.feeds as feed set page_limit = made.page_limit from testing.feeds as made
          where made.name = feed.name
      `;
      await freeSlots(sql);
      await sql`update pull_schedules set last_due_at = null, failing_since = null, last_error = null, enabled = true`;
      await sql`delete from net.http_request_queue`;
      await time.set(moment);
    },
    setTime: (moment) => time.set(moment),
    passTime: (interval) => time.pass(interval),
    async withoutWorkerSecret(work) {
      await sql`delete from vault.secrets where name = 'worker_secret'`;
      try {
        await work();
      } finally {
        await sql`select vault.create_secret(${platform.workerSecret}, 'worker_secret')`;
      }
    },
    async takeDispatches() {
      return [
        ...await sql<QueuedDispatch[]>`
          with taken as (delete from net.http_request_queue returning id, url, headers, body),
          arrived as (
            delete from engine.dispatches as sent using taken
            where sent.id = (convert_from(taken.body, 'utf8')::jsonb ->> 'dispatch')::bigint
          )
          select
            url, convert_from(body, 'utf8')::jsonb - 'expires' as body, headers ->> 'X-Call-Signature' as signature,
            (convert_from(body, 'utf8')::jsonb ->> 'expires')::float8 as expires
          from taken
          order by id
        `,
      ];
    },
    async stop() {
      await Promise.all([sql, worker, admin].map((connection) => connection.end({ timeout: 1 })));
      await platform.stop();
    },
  };
}
