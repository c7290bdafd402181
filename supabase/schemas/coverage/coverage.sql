-- What the API has of each day, and what is stored.

create table public.ra_coverage (
  feed text not null references engine.feeds,
  day date not null,
  races_in_api integer not null,
  races_stored integer not null,
  races_rejected integer not null,
  races_abandoned integer not null default 0,
  pulled_at timestamptz not null,
  regions text[] not null,
  chunk_id bigint references public.backfill_progress on delete set null,
  pulled_after_days integer not null generated always as (
    (pulled_at at time zone 'Europe/London')::date - day
  ) stored,
  constraint ra_coverage_pkey primary key (feed, day)
);

create index ra_coverage_chunk_id on public.ra_coverage (chunk_id);
comment on table public.ra_coverage is
  'Per feed and UK racing day: what the API has and what is stored. A day without a row was never fetched; a day with
   races_in_api = 0 is known to be empty.';
comment on column public.ra_coverage.feed is 'One of engine.feeds that has days.';
comment on column public.ra_coverage.day is 'UK racing day.';
comment on column public.ra_coverage.races_in_api is
  'The API''s count of the day, for a feed counted by days (racecards), without races of regions that were not asked for
   and second copies of a race. A feed counted by pages (results) has one count
   for the period; its days hold the number stored and rejected by this pull.';
comment on column public.ra_coverage.races_stored is 'Races of the day stored from this feed.';
comment on column public.ra_coverage.races_rejected is
  'Races of the day that could not be understood and are in ingest_rejects.';
comment on column public.ra_coverage.races_abandoned is
  'Of the races stored from this feed, those that the card says are abandoned: no result will follow.';
comment on column public.ra_coverage.pulled_at is
  'When the day was last pulled completely: the time of the first page of that reading.';
comment on column public.ra_coverage.pulled_after_days is
  'How many UK days after the day that was. Stored, because each look for gaps asks it of each day.';
comment on column public.ra_coverage.regions is 'The regions that the API was asked for.';
comment on column public.ra_coverage.chunk_id is 'The chunk that pulled it last; null once its run was deleted.';

alter table public.ra_coverage enable row level security;
revoke all on public.ra_coverage from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_coverage to service_role;
