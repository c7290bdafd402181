-- Which days need no further pull.

-- A view, so that thousands of days are one join: a function call per day took most of the time of a plan. is_covered
-- is a column, not a condition: the planner would expect a condition to match hardly any row, and compare every day
-- with every other.
create view engine.known_days
with (security_invoker = true)
as
select
  c.feed,
  c.day,
  c.races_in_api,
  c.races_stored,
  c.races_rejected,
  c.pulled_at,
  c.regions,
  -- A reject counts as missing: the code may have learned to read it since.
  c.races_stored >= c.races_in_api
    and c.pulled_after_days >= feed.known_after_days
    and (
      c.pulled_after_days >= feed.settled_after_days
      or (select engine.london_day()) - c.day < feed.overdue_after_days
    )
    and c.regions @> (select s.regions from public.backfill_settings as s) as is_covered,
  -- Today is always provisional, and so are yesterday until its nightly pull and a card before the morning of its day.
  c.day >= (select engine.london_day(engine.clock() - interval '4 hours'))
    and c.races_stored >= c.races_in_api
    and c.regions @> (select s.regions from public.backfill_settings as s) as is_provisional
from public.ra_coverage as c
join engine.feeds as feed on feed.name = c.feed;
comment on view engine.known_days is
  'Coverage, and whether anything is missing. is_covered: pulled completely, in all regions of the settings, with no
   race missing, and not before it could be known: a card on the morning of its day or later, a result once its day was
   over. A day that is past its corrections must have been pulled after them too, as engine.feeds says. is_provisional:
   too new to be more than that, and nothing is missing so far: it needs no pull but those of the schedules.';

create function engine.lacks_coverage(feed text, day date)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select not exists (
    select from engine.known_days as known
    where known.feed = lacks_coverage.feed and known.day = lacks_coverage.day and known.is_covered
  )
$$;
comment on function engine.lacks_coverage(text, date) is
  'True when the feed''s day is not covered, as engine.known_days says it.';

grant select on engine.known_days to service_role;
