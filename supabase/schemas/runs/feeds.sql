-- What the API has of one kind, and how it is pulled. Every difference between feeds, apart from their content, is
-- here, so that a new feed is a row (and a reader in supabase/functions).

create table engine.feeds (
  name text primary key,
  place smallint not null,
  function_name text not null,
  endpoints text[] not null,
  counted_by text not null,
  page_limit integer,
  page_limit_allowed integer,
  goes_first boolean not null default false,
  first_day date,
  days_ahead integer,
  known_after_days integer,
  settled_after_days integer,
  overdue_after_days integer,
  free_months integer,
  runners_a_race numeric not null default 0,
  bytes_a_runner numeric not null default 0,
  shares_rows_with text,
  bytes_a_shared_runner numeric,
  pages_an_invocation numeric not null,
  has_days boolean not null generated always as (counted_by in ('days', 'pages')) stored,
  counted_rows text[] not null default array['races'],
  by_default boolean not null default true,
  in_background boolean not null default false,
  long_text_bytes_a_runner numeric not null default 0,
  ids_a_second numeric,
  constraint feeds_place_once unique (place),
  -- A ping is signed as a dispatch is, with this word in place of the feed.
  constraint feeds_ping_is_no_feed check (name <> 'ping'),
  constraint feeds_asks_something check ((cardinality(endpoints) > 0) = (ids_a_second is null)),
  constraint feeds_only_ids_without_endpoint check (ids_a_second is null or counted_by = 'ids'),
  constraint feeds_counted_rows_not_empty check (cardinality(counted_rows) > 0),
  constraint feeds_counted_by_known check (counted_by in ('lists', 'days', 'pages', 'ids')),
  constraint feeds_pages_have_a_limit check ((page_limit is null) = (counted_by = 'lists') and page_limit > 0),
  constraint feeds_page_limit_allowed check (page_limit <= page_limit_allowed),
  constraint feeds_days_have_bounds check (
    counted_by not in ('days', 'pages')
    or num_nulls(first_day, days_ahead, known_after_days, settled_after_days, overdue_after_days) = 0
  ),
  constraint feeds_shared_rows_have_a_size check ((shares_rows_with is null) = (bytes_a_shared_runner is null))
);
comment on table engine.feeds is
  'What can be pulled. A row per feed; the rates of its endpoints are in racing_api_limits.';
comment on column engine.feeds.name is 'As in runs, chunks and coverage.';
comment on column engine.feeds.place is 'The order in which feeds are listed.';
comment on column engine.feeds.function_name is 'The Edge Function that works on its chunks.';
comment on column engine.feeds.endpoints is
  'Paths of The Racing API, as in racing_api_limits. Empty of a feed that reads this database instead.';
comment on column engine.feeds.counted_by is
  'How the API counts it, and so how it is planned, read and checked. lists: one chunk, a page a list, one list an
   endpoint. days: a chunk a month, a total a day. pages: a chunk a month, one total for all of its days, which are read
   as one. ids: a chunk a month, a call for each id that engine.ids_to_ask has in it; no day of it is ever covered.';
comment on column engine.feeds.page_limit is
  'Rows asked for in one API call; of ids, how many of their answers are stored at once. A change holds from the next
   claim on. Null for lists.';
comment on column engine.feeds.page_limit_allowed is
  'The most rows that the API returns for one call; it refuses to be asked for more: 500 of /racecards/pro, 100 of
   /results. Null for lists.';
comment on column engine.feeds.goes_first is 'Whether the other chunks of a run wait for it.';
comment on column engine.feeds.first_day is 'The first day that the API has; null without days.';
comment on column engine.feeds.days_ahead is 'How many days ahead of today the API has it; null without days.';
comment on column engine.feeds.known_after_days is
  'How many days after a day it can be known at all: 0 a card on the morning of its day, 1 a result once its day is
   over.';
comment on column engine.feeds.settled_after_days is
  'How many days after a day its last corrections are in: 1 a card (an abandonment in the evening), 6 a result (late
   ratings and stewards'' corrections come for five days).';
comment on column engine.feeds.overdue_after_days is
  'From this age on, a day that was not pulled since it was settled counts as missing: its last scheduled pull should
   be done by then.';
comment on column engine.feeds.free_months is
  'How many months back the API gives it without the historical add-on; null: all of it.';
comment on column engine.feeds.runners_a_race is 'For estimates until enough was pulled: runners of a race.';
comment on column engine.feeds.bytes_a_runner is
  'For estimates: bytes by which a runner makes the database grow, with its indexes once they are compacted and its part
   of the race. Horses and people come on top: see engine.bytes_of_masters.';
comment on column engine.feeds.long_text_bytes_a_runner is
  'For estimates: how many of these are what people wrote, which backfill_settings.capture_long_texts leaves out.';
comment on column engine.feeds.shares_rows_with is 'The feed whose rows it adds to when both have a race; or null.';
comment on column engine.feeds.bytes_a_shared_runner is
  'For estimates: bytes that the earlier version of a runner''s row takes when another feed changes it. The
   first 32,000 count: then vacuums free as much as comes.';
comment on column engine.feeds.pages_an_invocation is 'For estimates until enough was pulled: pages of one invocation.';
comment on column engine.feeds.has_days is 'Whether its days are covered one by one.';
comment on column engine.feeds.counted_rows is
  'The arrays of a page, as ingest_page gets it, that hold what the API counts. Where it is no races, its pages are
   estimated from the races of other feeds, and its coverage says that a day was pulled and knows of no races.';
comment on column engine.feeds.by_default is 'Whether a run that names no feeds pulls it.';
comment on column engine.feeds.in_background is
  'Whether it stands back: nothing of it is claimed, and it gets no slot, while a chunk of any other feed can be claimed
   or is worked on.';
comment on column engine.feeds.ids_a_second is
  'For estimates, of a feed that asks no endpoint: ids that it gets done in a second. Null for the others, whose rate is
   that of their endpoints.';

-- Each feed has its own claims, and a lock for them. The search path is that of security definer functions: the trigger
-- belongs to this table, which engine.dispatch reads.
create function engine.add_claim_lock()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A feed that was deleted leaves its lock behind, as a session may hold it.
  insert into engine.locks (name, guards)
  values ('claim ' || new.name, format('giving out the %s'' leases', new.name))
  on conflict (name) do nothing;
  return null;
end
$$;
comment on function engine.add_claim_lock() is
  'Trigger: a new feed, and one with a new name, gets the lock that its claims take.';

create trigger add_claim_lock after insert or update of name on engine.feeds
  for each row execute function engine.add_claim_lock();

-- Sizes and rates measured over simulated years (docs/guide.md, "I want to know what it costs").
insert into engine.feeds (
  name, place, function_name, endpoints, counted_by, counted_rows, goes_first, pages_an_invocation
)
values ('masters', 1, 'masters', array['/courses', '/courses/regions'], 'lists', array['courses', 'regions'], true, 2);
insert into engine.feeds (
  name, place, function_name, endpoints, counted_by, page_limit, page_limit_allowed, first_day, days_ahead,
  known_after_days, settled_after_days, overdue_after_days, free_months,
  runners_a_race, bytes_a_runner, long_text_bytes_a_runner, shares_rows_with, bytes_a_shared_runner, pages_an_invocation
)
values
  (
    'racecards', 2, 'events', array['/racecards/pro'], 'days', 500, 500, '2023-01-23', 7,
    0, 1, 2, null,
    10.4, 895, 520, null, null, 16
  ),
  (
    'results', 3, 'events', array['/results'], 'pages', 100, 100, '1988-01-01', 0,
    1, 6, 8, 12,
    9.8, 405, 105, 'racecards', 215, 7.5
  );
-- Not by default: which horses there are to ask for is known once the results are stored. Its schedule asks for them.
insert into engine.feeds (
  name, place, function_name, endpoints, counted_by, counted_rows, page_limit, first_day, days_ahead, bytes_a_runner,
  pages_an_invocation, by_default, in_background
)
values (
  'horses', 4, 'masters', array['/horses/{horse_id}/pro'], 'ids', array['horses'], 10, '1988-01-01', 0, 150,
  180, false, true
);

-- The old database, where one was taken over. Its ids are those of engine.legacy_items.
insert into engine.feeds (
  name, place, function_name, endpoints, counted_by, counted_rows, page_limit, first_day, days_ahead, bytes_a_runner,
  pages_an_invocation, by_default, in_background, ids_a_second
)
values ('legacy', 5, 'masters', '{}', 'ids', array['races'], 50, '1988-01-01', 7, 4000, 2000, false, true, 60);

-- Too few rows to be analysed automatically, and plans would expect hundreds.
analyze engine.feeds;

create function engine.feed_names(with_days boolean default null, by_default boolean default null)
returns text[]
language sql
stable
security invoker
set search_path = ''
as $$
  select array_agg(feed.name order by feed.place)
  from engine.feeds as feed
  where
    (feed.has_days = feed_names.with_days or feed_names.with_days is null)
    and (feed.by_default = feed_names.by_default or feed_names.by_default is null)
    -- Nobody who has no old database needs to know of its feed.
    and (feed.name <> 'legacy' or engine.has_legacy())
$$;
comment on function engine.feed_names(boolean, boolean) is
  'Feeds in their order. with_days: true, those whose days are covered one by one; false, the others. by_default: true,
   those that are pulled when no feeds are named; false, the others. Null: both. legacy only while there is an old
   database.';

create function engine.refuse_unknown_feeds()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if new.feeds <@ engine.feed_names() and cardinality(new.feeds) > 0 then
    return new;
  end if;
  raise exception 'Unknown feed in %: %', tg_table_name, new.feeds
    using errcode = '22023',
      hint = format('The feeds are %s; give one at least.', array_to_string(engine.feed_names(), ', '));
end
$$;
comment on function engine.refuse_unknown_feeds() is
  'Trigger: error 22023 when the column feeds names a feed that engine.feeds lacks, or no feed.';

alter table engine.feeds enable row level security;
grant select on engine.feeds to service_role;
grant execute on function engine.feed_names to service_role;
