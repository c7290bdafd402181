-- From single days to chunks.

create function engine.plan_stretches(feed text, days date[])
returns table (period_start date, period_end date, pages_expected integer)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    min(d.day),
    max(d.day) + 1,
    engine.pages_of_days(
      (select known from engine.feeds as known where known.name = plan_stretches.feed),
      count(*)::integer,
      (select engine.races_per_day(plan_stretches.feed))
    )
  from (
    select
      wanted.day,
      wanted.day - (row_number() over (partition by pulls.day is null order by wanted.day))::integer as stretch_id,
      pulls.day as tried_day
    from unnest(plan_stretches.days) as wanted (day)
    left join engine.gap_pulls as pulls
      on pulls.feed = plan_stretches.feed and pulls.day = wanted.day and pulls.tries > 0
  ) as d
  group by d.stretch_id, d.tried_day, date_trunc('month', d.day::timestamp)
  order by 1
$$;
comment on function engine.plan_stretches(text, date[]) is
  'The chunks of one feed for single days, the columns of engine.plan_chunks: one for each stretch of days in a month,
   and one for each day that was tried before, so that one bad day affects no other.';

grant execute on function engine.plan_stretches to service_role;
