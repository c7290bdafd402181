-- Whether the goings of the races have a rank, for check_setup.

create function engine.check_goings()
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  -- Neither reads all races: what the planner knows of them, and the newest by their day.
  with seen as (
    select word.going
    from pg_catalog.pg_stats as known
    cross join lateral unnest(
      known.most_common_vals::text::text[] || known.histogram_bounds::text::text[]
    ) as word (going)
    where known.schemaname = 'public' and known.tablename = 'ra_races' and known.attname = 'going'
    union
    select race.going
    from public.ra_races as race
    where
      -- Day by day, so that the planner takes the index whatever it expects of the clock.
      race.race_date = any (array(select engine.london_day() - n from generate_series(-9, 30) as n))
      and race.going is not null
  ),
  unknown as materialized (
    select seen.going
    from seen
    where not exists (select from racing.goings as known where known.key = racing.going_key(seen.going))
  ),
  -- What the planner knows may be of races that were corrected since. A join would read all races for it.
  still_unknown as (
    select unknown.going
    from unknown
    cross join lateral (
      select from public.ra_races as race where race.going = unknown.going limit 1
    ) as one
  ),
  numbered as (
    select s.going, row_number() over (order by s.going) as place from still_unknown as s
  ),
  counted as (
    select
      count(*) as number,
      string_agg(format('"%s"', left(n.going, 60)), ', ' order by n.place) filter (where n.place <= 3) as examples,
      left(min(n.going), 60) as example
    from numbered as n
  )
  select
    'goings',
    case when counted.number > 0 then 'warning' else 'ok' end,
    case
      when counted.number = 0 then 'The goings of the races have a rank.'
      else format(
        'racing.goings does not know %s%s: races on such ground have no going_rank and no going_group.',
        counted.examples, case when counted.number > 3 then format(' and %s more', counted.number - 3) end
      )
    end,
    case
      when counted.number = 0 then 'Nothing.'
      else format(
        'Say where each belongs, as in: insert into racing.goings (key, surface, rank, going_group) values '
        '(racing.going_key(%L), ''turf'', 6, ''good to soft''); select * from racing.unknown_goings; counts their '
        'races, select * from racing.goings order by surface, rank; has those that are known.',
        counted.example
      )
    end
  from counted
$$;
comment on function engine.check_goings() is
  'Whether racing.goings knows the goings of the races: those that the planner''s statistics name, which are all but
   rare ones, and those of the past month. racing.unknown_goings reads every race and misses none.';
