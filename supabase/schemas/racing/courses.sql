-- Courses: from the API's own list, and those that only a race names.

create table public.ra_mst_courses (
  id text primary key,
  name text,
  region_code text,
  is_listed boolean not null default false,
  created_at timestamptz not null default engine.clock(),
  updated_at timestamptz not null default engine.clock(),
  from_legacy boolean not null default false
);
comment on table public.ra_mst_courses is
  'Racecourses. Source: The Racing API, /courses; a course that only a race names is kept too.';
comment on column public.ra_mst_courses.id is 'The Racing API, /courses, `id`; cards and results, `course_id`.';
comment on column public.ra_mst_courses.name is
  'The name of /courses when is_listed ("Dundalk-AW"), else the name first seen on a race, without a region suffix. The
   Racing API, /courses, `course`.';
comment on column public.ra_mst_courses.region_code is
  'Lower case. No reference: a race may name a region that /courses/regions was not pulled for. The Racing API,
   /courses, `region_code`.';
comment on column public.ra_mst_courses.is_listed is
  'True when /courses lists it; its name is then never taken from a race.';
comment on column public.ra_mst_courses.created_at is 'When the row was first written.';
comment on column public.ra_mst_courses.updated_at is
  'When a value of the row last changed. A pull that brings nothing new leaves it.';

comment on column public.ra_mst_courses.from_legacy is
  'True when the old database brought the row, or filled what the API had not said by then. What the API says later
   replaces it, value by value. See docs/legacy_values.md.';
create trigger skip_unchanged_row before update on public.ra_mst_courses
  for each row execute function engine.skip_unchanged_row();

alter table public.ra_mst_courses enable row level security;
revoke all on public.ra_mst_courses from public, anon, authenticated, service_role;
grant select, insert, update on public.ra_mst_courses to service_role;
