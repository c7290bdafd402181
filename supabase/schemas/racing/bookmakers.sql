-- Bookmakers: the API has no list of them.

create table public.ra_mst_bookmakers (
  code text primary key,
  name text not null,
  type text not null,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  constraint ra_mst_bookmakers_type_known check (type in ('online', 'exchange', 'spread', 'tote', 'unknown'))
);
comment on table public.ra_mst_bookmakers is
  'Bookmakers. The API has no list of them: a known set, and those seen in odds.';
comment on column public.ra_mst_bookmakers.code is
  'The name in lower case without spaces and punctuation: "Spread Ex" and "Spreadex" are one.';
comment on column public.ra_mst_bookmakers.name is
  'As in the known set, else as first seen. The Racing API, /racecards/pro, `odds[].bookmaker`.';
comment on column public.ra_mst_bookmakers.type is
  'Kind of bookmaker; unknown until the known set has it, unless the name gives it away.';
comment on column public.ra_mst_bookmakers.created_at is 'When the row was first written.';
comment on column public.ra_mst_bookmakers.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

create trigger skip_unchanged_row before update on public.ra_mst_bookmakers
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_mst_bookmakers enable row level security;
revoke all on public.ra_mst_bookmakers from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_mst_bookmakers to service_role;
