-- The nightly closing of gaps.

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
    left join public.gap_pulls as pulls on pulls.feed = plan_stretches.feed and pulls.day = wanted.day and pulls.tries > 0
  ) as d
  group by d.stretch_id, d.tried_day, date_trunc('month', d.day::timestamp)
$$;
comment on function engine.plan_stretches(text, date[]) is
  'A chunk for each stretch of days in a month; for each day when that did not help, so that one bad day spoils no other.';

create function engine.close_gaps(feeds text[] default engine.feed_names(with_days => true))
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  paused bigint;
  lane text;
  days date[];
  chosen integer := 0;
begin
  -- Two closings at once would both pull the same days. Nobody waits for the other: the next one finds what is left.
  if not engine.try_lock('start gaps') then
    perform engine.refuse_lock('start gaps');
  end if;
  delete from public.gap_pulls as pulls
  where not exists (select from public.coverage_gaps as gap where gap.feed = pulls.feed and gap.day = pulls.day);

  -- A closing that was paused is replaced by this one.
  for paused in
    select run.id
    from public.backfill_runs as run
    where
      run.kind = 'gaps'
      and run.paused_at is not null
      and run.cancelled_at is null
      and run.feeds <@ close_gaps.feeds
      and exists (select from engine.live_chunks as live where live.run_id = run.id)
  loop
    -- The API was not asked for what it had left.
    update public.gap_pulls as pulls
    set tries = greatest(pulls.tries - 1, 0), last_try_at = null
    from engine.live_chunks as left_over
    where
      left_over.run_id = paused
      and left_over.feed = pulls.feed
      and pulls.day >= coalesce(left_over.cursor_day, left_over.period_start)
      and pulls.day < left_over.period_end;
    perform public.backfill_cancel(paused);
  end loop;

  update public.gap_pulls as pulls
  set given_up_at = engine.clock()
  where pulls.given_up_at is null and pulls.tries >= settings.gap_tries;

  foreach lane in array close_gaps.feeds loop
    select array_agg(gap.day order by gap.day) into days
    from (
      select distinct g.day
      from public.coverage_gaps as g
      where
        g.feed = lane
        and g.given_up_at is null
        and g.day <= engine.london_day()
        -- A second standstill of the same night is not another try.
        and not exists (
          select from public.gap_pulls as pulls
          where pulls.feed = lane and pulls.day = g.day and pulls.last_try_at > engine.clock() - interval '12 hours'
        )
        -- Somebody is at it already, or will be: a backfill, or an earlier closing.
        and not exists (
          select from engine.live_chunks as live
          where
            live.feed = lane
            and g.day >= live.period_start
            and g.day < live.period_end
        )
      order by g.day desc
      limit settings.gap_days_a_night
    ) as gap;
    continue when days is null;

    perform engine.create_run(
      kind => 'gaps', start_date => days[1], end_date => days[cardinality(days)], feeds => array[lane],
      reprocess => 'missing', requested_by => 'closing of gaps', days => days
    );
    insert into public.gap_pulls as pulls (feed, day, tries, last_try_at)
    select lane, day, 1, engine.clock() from unnest(days) as day
    on conflict (feed, day) do update set tries = pulls.tries + 1, last_try_at = excluded.last_try_at;
    chosen := chosen + cardinality(days);
  end loop;

  perform engine.dispatch_due();
  return chosen;
end
$$;
comment on function engine.close_gaps(text[]) is
  'Starts a run per feed (default: racecards and results) for the days of coverage_gaps that nobody is working on, the newest first, at most gap_days_a_night. A day
   still missing after gap_tries such pulls is given up, and an alert says so. Returns how many days are pulled.';

revoke all on function engine.plan_stretches, engine.close_gaps from public, anon, authenticated, service_role;
grant execute on function engine.plan_stretches to service_role;
