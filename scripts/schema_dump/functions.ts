import { isOurs } from "./ours.ts";

/** Functions, and what calls them by itself. */
export const FUNCTIONS: readonly string[] = [
  // Whole: when a later migration replaces one, the golden file shows what changed in it.
  `select p.oid::regprocedure::text as object, 0 as place, trim(E'\\n' from pg_get_functiondef(p.oid)) || ';' as text
   from pg_catalog.pg_proc as p
   where ${isOurs("p.pronamespace")} and p.prokind in ('f', 'p')`,

  // Without a definition that could be printed; there is none, and one would show.
  `select p.oid::regprocedure::text as object, 0 as place, format('create aggregate %s;', p.oid::regprocedure) as text
   from pg_catalog.pg_proc as p
   where ${isOurs("p.pronamespace")} and p.prokind not in ('f', 'p')`,

  `select 'event trigger ' || e.evtname as object, 0 as place,
     format('create event trigger %I on %s execute function %s;', e.evtname, e.evtevent, e.evtfoid::regprocedure) as text
   from pg_catalog.pg_event_trigger as e
   join pg_catalog.pg_proc as p on p.oid = e.evtfoid
   where ${isOurs("p.pronamespace")}`,

  `select 'cron' as object, 0 as place,
     format('select cron.schedule(%L, %L, %L);%s', job.jobname, job.schedule, job.command,
       case when job.active then '' else ' -- not active' end) as text
   from cron.job as job`,
];
