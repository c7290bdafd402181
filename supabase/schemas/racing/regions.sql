-- Regions: from the API's own list.

create table public.ra_mst_regions (
  code text primary key,
  name text,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  constraint ra_mst_regions_code_lower_case check (code = lower(code))
);
comment on table public.ra_mst_regions is 'Regions of racing. Source: The Racing API, /courses/regions.';
comment on column public.ra_mst_regions.code is
  'Lower case, as the API takes it in queries: gb, ire. The Racing API, /courses/regions, `region_code`.';
comment on column public.ra_mst_regions.name is 'The Racing API, /courses/regions, `region`.';
comment on column public.ra_mst_regions.created_at is 'When the row was first written.';
comment on column public.ra_mst_regions.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

create trigger skip_unchanged_row before update on public.ra_mst_regions
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_mst_regions enable row level security;
revoke all on public.ra_mst_regions from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_mst_regions to service_role;
