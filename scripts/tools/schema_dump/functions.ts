import { isOurs } from "./ours.ts";

/** Functions, what calls them by itself, and extensions. */
export const FUNCTIONS: readonly string[] = [
  `select p.oid::regprocedure::text as object, 0 as place, trim(E'\\n' from pg_get_functiondef(p.oid)) || ';' as text
   from pg_catalog.pg_proc as p
   where ${isOurs("p.pronamespace")} and p.prokind in ('f', 'p')`,

  // Without a definition that could be printed; there is none, and one would show.
  `select p.oid::regprocedure::text as object, 0 as place, format('create aggregate %s;', p.oid::regprocedure) as text
   from pg_catalog.pg_proc as p
   where ${isOurs("p.pronamespace")} and p.prokind not in ('f', 'p')`,

  `select 'event trigger ' || e.evtname as object, 0 as place,
     format('create event trigger %I on %s execute function %s;',
       e.evtname, e.evtevent, e.evtfoid::regprocedure) as text
   from pg_catalog.pg_event_trigger as e
   join pg_catalog.pg_proc as p on p.oid = e.evtfoid
   where ${isOurs("p.pronamespace")}`,

  `select 'cron' as object, 0 as place,
     format('select cron.schedule(%L, %L, %L);%s', job.jobname, job.schedule, job.command,
       case when job.active then '' else ' -- not active' end) as text
   from cron.job as job`,

  // Not those that the platform brings: a database has either them or their stand-ins.
  `select 'extension ' || e.extname as object, 0 as place,
     format('create extension %I with schema %s;', e.extname, e.extnamespace::regnamespace) as text
   from pg_catalog.pg_extension as e
   where e.extname not in ('pg_cron', 'pg_net', 'supabase_vault', 'plpgsql_check')`,
];
