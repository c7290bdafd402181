-- The nightly closing of gaps.

create function engine.forget_closed_gaps()
returns void
language sql
security invoker
set search_path = ''
as $$
  delete from engine.gap_pulls as pulls
  where not exists (select from public.coverage_gaps as gap where gap.feed = pulls.feed and gap.day = pulls.day)
$$;
comment on function engine.forget_closed_gaps() is 'Deletes the tries of days that are no longer missing.';

create function engine.cancel_paused_closings(feeds text[])
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  paused bigint;
begin
  for paused in
    select run.id
    from public.backfill_runs as run
    where
      run.kind = 'gaps'
      and run.paused_at is not null
      and run.cancelled_at is null
      and run.feeds <@ cancel_paused_closings.feeds
      and exists (select from engine.live_chunks as live where live.run_id = run.id)
  loop
    -- It never asked the API for the days that it had left.
    update engine.gap_pulls as pulls
    set tries = greatest(pulls.tries - 1, 0), last_try_at = null
    from engine.live_chunks as left_over
    where
      left_over.run_id = paused
      and left_over.feed = pulls.feed
      and pulls.day >= coalesce(left_over.cursor_day, left_over.period_start)
      and pulls.day < left_over.period_end;
    perform public.backfill_cancel(paused);
  end loop;
end
$$;
comment on function engine.cancel_paused_closings(text[]) is
  'Cancels the closings of these feeds that are paused: the next one takes their place. Each day that they had left
   counts one try less.';

create function engine.give_up_gaps()
returns void
language sql
security invoker
set search_path = ''
as $$
  update engine.gap_pulls as pulls
  set given_up_at = engine.clock()
  where pulls.given_up_at is null and pulls.tries >= (select s.gap_tries from public.backfill_settings as s)
$$;
comment on function engine.give_up_gaps() is 'Gives up the days that are still missing after gap_tries pulls.';

create function engine.choose_gap_days(feed text)
returns date[]
language sql
stable
security invoker
set search_path = ''
as $$
  select array_agg(gap.day order by gap.day)
  from (
    select distinct g.day
    from public.coverage_gaps as g
    where
      g.feed = choose_gap_days.feed
      and g.given_up_at is null
      and g.day <= engine.london_day()
      -- A second standstill in the same night is not another try.
      and not exists (
        select from engine.gap_pulls as pulls
        where
          pulls.feed = choose_gap_days.feed
          and pulls.day = g.day
          and pulls.last_try_at > engine.clock() - interval '12 hours'
      )
      -- Another run has the day, or will pull it: a backfill, or an earlier closing.
      and not exists (
        select from engine.live_chunks as live
        where
          live.feed = choose_gap_days.feed
          and g.day >= live.period_start
          and g.day < live.period_end
      )
    order by g.day desc
    limit (select s.gap_days_a_night from public.backfill_settings as s)
  ) as gap
$$;
comment on function engine.choose_gap_days(text) is
  'The days of a feed that the closing pulls now, in order: the newest that are missing, were not given up, were not
   tried within twelve hours and belong to no live run; at most gap_days_a_night. Null when there is none.';

create function engine.count_gap_tries(feed text, days date[])
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into engine.gap_pulls as pulls (feed, day, tries, last_try_at)
  select count_gap_tries.feed, day, 1, engine.clock() from unnest(count_gap_tries.days) as day
  on conflict (feed, day) do update set tries = pulls.tries + 1, last_try_at = excluded.last_try_at
$$;
comment on function engine.count_gap_tries(text, date[]) is 'Counts one more try of these days, made now.';

create function engine.close_gaps(feeds text[] default engine.feed_names(with_days => true))
returns integer
language plpgsql
security invoker
set search_path = ''
as $$
declare
  feed_name text;
  days date[];
  chosen integer := 0;
begin
  -- Two closings at once would pull the same days. The second one does not wait: the next closing finds what is left.
  if not engine.try_lock('start gaps') then
    perform engine.refuse_lock('start gaps');
  end if;
  perform engine.forget_closed_gaps();
  perform engine.cancel_paused_closings(close_gaps.feeds);
  perform engine.give_up_gaps();
  foreach feed_name in array close_gaps.feeds loop
    days := engine.choose_gap_days(feed_name);
    continue when days is null;
    perform engine.create_run(
      kind => 'gaps', start_date => days[1], end_date => days[cardinality(days)], feeds => array[feed_name],
      reprocess => 'missing', requested_by => 'closing of gaps', days => days
    );
    perform engine.count_gap_tries(feed_name, days);
    chosen := chosen + cardinality(days);
  end loop;
  return chosen;
end
$$;
comment on function engine.close_gaps(text[]) is
  'Starts a run per feed (default: all that have days) for the days of coverage_gaps that no live run has, the newest
   first, at most gap_days_a_night. A day still missing after gap_tries such pulls is given up, and an alert says so.
   Returns how many days are pulled. Error 55P03 when another session is closing gaps.';
