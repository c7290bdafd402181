-- Which ids a feed has to ask for. A feed that asks for ids has a branch in engine.incomplete_ids and in
-- engine.ids_seen.

create table engine.ids_asked (
  feed text not null references engine.feeds,
  id text not null,
  asked_at timestamptz not null default engine.clock(),
  is_known boolean,
  constraint ids_asked_pkey primary key (feed, id)
);
comment on table engine.ids_asked is
  'Ids whose answer left something missing, so that they are not asked for again and again; an answer that completes
   the row of an id takes its note away. Delete a row to have its id asked for again.';
comment on column engine.ids_asked.feed is 'One of engine.feeds that asks for ids.';
comment on column engine.ids_asked.id is 'As it was asked for.';
comment on column engine.ids_asked.asked_at is 'When it was last asked for.';
comment on column engine.ids_asked.is_known is
  'False: the API does not know it (404), and it is asked for again after a month. Null: its answer could not be
   understood and is in ingest_rejects; it is asked for again after a month too. True: its answer lacks something, and
   it is not asked for again.';

create view engine.incomplete_ids
with (security_invoker = true)
as
select 'horses' as feed, horse.id
from public.ra_mst_horses as horse
where horse.dob is null or horse.sex is null or horse.colour is null or horse.breeder is null;
comment on view engine.incomplete_ids is
  'A row per feed and id whose row lacks something that the feed brings: of horses the date of birth, sex, colour or
   breeder, which no result has.';

create view engine.ids_wanted
with (security_invoker = true)
as
select incomplete.feed, incomplete.id
from engine.incomplete_ids as incomplete
where not exists (
  select from engine.ids_asked as asked
  where
    asked.feed = incomplete.feed
    and asked.id = incomplete.id
    and (asked.is_known or asked.asked_at > engine.clock() - interval '1 month')
);
comment on view engine.ids_wanted is
  'The ids of engine.incomplete_ids that were not asked for, or were unknown to the API a month ago or earlier.';

create view engine.ids_seen
with (security_invoker = true)
as
select 'horses' as feed, runner.horse_id as id, race.race_date as day
from public.ra_races as race
join public.ra_runners as runner on runner.race_id = race.id;
comment on view engine.ids_seen is
  'A row per feed, id and time that it was seen: of horses their stored runs.';

-- Not in SQL: plpgsql plans it with the values, and a month needs another plan than forty years.
create function engine.ids_to_ask(
  feed text, period_start date, period_end date, reprocess text, after_id text default ''
)
returns table (id text, first_day date)
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if ids_to_ask.feed = 'legacy' then
    return query
    select known.item, known.day
    from engine.legacy_items as known
    where
      known.day >= ids_to_ask.period_start
      and known.day < ids_to_ask.period_end
      and known.item > ids_to_ask.after_id collate "C"
      and (ids_to_ask.reprocess = 'all' or known.copied_at is null)
    order by known.item;
    return;
  end if;
  return query
  select first_seen.id, first_seen.day
  from (
    select seen.id, min(seen.day) as day
    from engine.ids_seen as seen
    where
      seen.feed = ids_to_ask.feed
      and seen.day >= ids_to_ask.period_start
      and seen.day < ids_to_ask.period_end
      and seen.id collate "C" > ids_to_ask.after_id
      and (
        ids_to_ask.reprocess = 'all'
        or seen.id in (select wanted.id from engine.ids_wanted as wanted where wanted.feed = ids_to_ask.feed)
      )
    group by seen.id
  ) as first_seen
  -- A horse belongs to the month of its first stored run, so that no two chunks ask for it.
  where not exists (
    select from engine.ids_seen as earlier
    where earlier.feed = ids_to_ask.feed and earlier.id = first_seen.id and earlier.day < ids_to_ask.period_start
  )
  order by first_seen.id collate "C";
end
$$;
comment on function engine.ids_to_ask(text, date, date, text, text) is
  'The ids that a feed has to ask for in a half-open period, after after_id, in their order: of horses those with their
   first stored run in it, and that run''s day. reprocess: all, each of them; otherwise those that lack something and
   were not asked for, or were unknown to the API a month ago or earlier. Of legacy the items that were not copied. No
   row for a feed that asks for none.';

-- Beside engine.ids_to_ask, because it ends with the first one: the watch asks each minute, for each dead chunk.
create function engine.has_ids_to_ask(feed text, period_start date, period_end date, reprocess text)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  if has_ids_to_ask.feed = 'legacy' then
    return exists (
      select from engine.legacy_items as known
      where
        known.day >= has_ids_to_ask.period_start
        and known.day < has_ids_to_ask.period_end
        and (has_ids_to_ask.reprocess = 'all' or known.copied_at is null)
    );
  end if;
  return exists (
    select from engine.ids_seen as seen
    where
      seen.feed = has_ids_to_ask.feed
      and seen.day >= has_ids_to_ask.period_start
      and seen.day < has_ids_to_ask.period_end
      and (
        has_ids_to_ask.reprocess = 'all'
        or exists (
          select from engine.ids_wanted as wanted where wanted.feed = has_ids_to_ask.feed and wanted.id = seen.id
        )
      )
      and not exists (
        select from engine.ids_seen as earlier
        where earlier.feed = has_ids_to_ask.feed and earlier.id = seen.id and earlier.day < has_ids_to_ask.period_start
      )
  );
end
$$;
comment on function engine.has_ids_to_ask(text, date, date, text) is
  'Whether engine.ids_to_ask has a row for the same arguments.';

create function engine.ids_left(chunk public.backfill_progress)
returns table (id text, first_day date)
language sql
stable
security invoker
set search_path = ''
as $$
  select to_ask.id, to_ask.first_day
  from public.backfill_runs as run
  cross join lateral engine.ids_to_ask(
    feed => chunk.feed, period_start => chunk.period_start, period_end => chunk.period_end,
    reprocess => run.reprocess, after_id => coalesce(chunk.cursor_id, '')
  ) as to_ask
  where run.id = chunk.run_id
$$;
comment on function engine.ids_left(public.backfill_progress) is
  'The ids that a chunk still has to ask for, behind its cursor and in their order, as engine.ids_to_ask returns them.';

create function engine.note_asked(feed text, asked jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  delete from engine.ids_asked as known
  using jsonb_to_recordset(asked) as sent (id text)
  where
    known.feed = note_asked.feed
    and known.id = sent.id
    and not exists (
      select from engine.incomplete_ids as incomplete
      where incomplete.feed = note_asked.feed and incomplete.id = sent.id
    );

  insert into engine.ids_asked as known (feed, id, is_known)
  select note_asked.feed, sent.id, sent.is_known
  from jsonb_to_recordset(asked) as sent (id text, is_known boolean)
  join engine.incomplete_ids as incomplete on incomplete.feed = note_asked.feed and incomplete.id = sent.id
  order by sent.id
  on conflict (feed, id) do update set asked_at = excluded.asked_at, is_known = excluded.is_known
$$;
comment on function engine.note_asked(text, jsonb) is
  'Notes which ids of a page, an array of {id, is_known}, are not to be asked for again, and forgets those whose row is
   complete. Call it once the page''s rows are stored. Null notes nothing.';

create view engine.months_of_ids
with (security_invoker = true)
as
select
  told.feed,
  told.month,
  case
    when told.state = 'dead' then case
      when
        engine.has_ids_to_ask(
          feed => told.feed, period_start => told.period_start, period_end => told.period_end,
          reprocess => told.reprocess
        ) then 'failed'
      -- Cards, or a later chunk, brought what it did not.
      else 'complete'
    end
    when told.state in ('waiting', 'working') then 'running'
    when told.state = 'succeeded' then 'complete'
    when told.pages_done > 0 then 'partial'
    else 'missing'
  end as state,
  told.kind,
  told.period_start,
  told.last_error,
  told.run_id
from (
  select distinct on (chunk.feed, chunk.month) chunk.*
  from (
    select
      known.*,
      months.month,
      run.reprocess,
      known.state = 'dead' and exists (
        select from public.backfill_progress as later
        where
          later.feed = known.feed
          and later.state = 'succeeded'
          and later.id > known.id
          and later.period_start <= known.period_start
          and later.period_end >= known.period_end
      ) as was_made_good
    from public.backfill_progress as known
    join public.backfill_runs as run on run.id = known.run_id
    join engine.feeds as feed on feed.name = known.feed and feed.counted_by = 'ids'
    cross join lateral (select date_trunc('month', known.period_start::timestamp)::date as month) as months
  ) as chunk
  -- A month has two when a run was started while one of its chunks was live: one that is not done says more than the
  -- newest.
  order by
    chunk.feed,
    chunk.month,
    chunk.state = 'cancelled',
    chunk.state in ('waiting', 'working') desc,
    chunk.state = 'dead' and not chunk.was_made_good desc,
    chunk.id desc
) as told;
comment on view engine.months_of_ids is
  'A row per month of a feed that asks for ids: as a live chunk says, otherwise a dead one that no later one has made
   good, otherwise the newest; one that was cancelled counts only where there is no other. state as in
   coverage_months.';

alter table engine.ids_asked enable row level security;
grant select, insert, update, delete on engine.ids_asked to service_role;
grant select on engine.incomplete_ids, engine.ids_wanted, engine.ids_seen, engine.months_of_ids to service_role;
grant execute on function engine.ids_to_ask, engine.has_ids_to_ask, engine.ids_left, engine.note_asked to service_role;
