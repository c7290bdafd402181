-- The nightly closing of gaps.

create function engine.close_gaps(feeds text[] default array['racecards', 'results'])
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
  new_run_id bigint;
  chosen integer := 0;
begin
  -- Two closings at once would both pull the same days. Nobody waits for the other: the next one finds what is left.
  if not engine.try_lock('close gaps') then
    perform engine.refuse_lock('close gaps');
  end if;
  delete from public.gap_pulls as pulls
  where not exists (select from public.coverage_gaps as gap where gap.feed = pulls.feed and gap.day = pulls.day);

  -- A closing that was paused is replaced by this one.
  for paused in
    select run.id
    from public.backfill_runs as run
    where
      run.priority = 90
      and run.paused_at is not null
      and run.cancelled_at is null
      and run.feeds <@ close_gaps.feeds
      and exists (select from public.backfill_progress as chunk where chunk.run_id = run.id and chunk.state in ('waiting', 'working'))
  loop
    -- The API was not asked for what it had left.
    update public.gap_pulls as pulls
    set tries = greatest(pulls.tries - 1, 0), last_try_at = null
    from public.backfill_progress as left_over
    where
      left_over.run_id = paused
      and left_over.state in ('waiting', 'working')
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
          select from public.backfill_progress as live
          where
            live.feed = lane
            and live.state in ('waiting', 'working')
            and g.day >= live.period_start
            and g.day < live.period_end
        )
      order by g.day desc
      limit settings.gap_days_a_night
    ) as gap;
    continue when days is null;

    insert into public.backfill_runs (start_date, end_date, feeds, newest_first, reprocess, priority, requested_by)
    values (days[1], days[cardinality(days)], array[lane], true, 'missing', 90, 'closing of gaps')
    returning id into new_run_id;

    -- A chunk for each stretch of days in a month; for each day when that was in vain, so that one bad day spoils no other.
    insert into public.backfill_progress (
      run_id, feed, period_start, period_end, priority, place_in_run, cursor_day, pages_planned, pages_expected
    )
    select
      new_run_id, lane, stretch.first_day, stretch.last_day + 1, 90,
      row_number() over (order by stretch.first_day desc),
      case when lane = 'racecards' then stretch.first_day end,
      stretch.pages, stretch.pages
    from (
      select
        min(d.day) as first_day,
        max(d.day) as last_day,
        case
          when lane = 'racecards' then count(*)
          else ceil(count(*) * (select engine.races_per_day('results')) / settings.results_page_limit)
        end::integer as pages
      from (
        select
          wanted.day,
          wanted.day - (row_number() over (partition by pulls.day is null order by wanted.day))::integer as stretch_id,
          pulls.day as tried_day
        from unnest(days) as wanted (day)
        left join public.gap_pulls as pulls on pulls.feed = lane and pulls.day = wanted.day and pulls.tries > 0
      ) as d
      group by d.stretch_id, d.tried_day, date_trunc('month', d.day::timestamp)
    ) as stretch;

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

revoke all on function engine.close_gaps from public, anon, authenticated, service_role;
