-- Which days need no further pull.

-- A view, so that thousands of days are one join: a function call a day took most of the time of a plan. The verdict is
-- a column and not a condition, because the planner would expect hardly a row to meet it, and compare each day with
-- each.
create view engine.known_days
with (security_invoker = true)
as
select
  c.feed,
  c.day,
  c.races_in_api,
  c.races_stored,
  c.pulled_at,
  c.regions,
  -- A reject counts as lacking: whoever asks for what is missing may have taught the code to read it.
  c.races_stored >= c.races_in_api
    and c.regions @> (select s.regions from public.backfill_settings as s)
    and days.pulled_after >= feed.known_after_days
    and (days.pulled_after >= feed.settled_after_days or days.age < feed.overdue_after_days) as is_covered
from public.ra_coverage as c
join engine.feeds as feed on feed.name = c.feed
cross join lateral (
  select
    (c.pulled_at at time zone 'Europe/London')::date - c.day as pulled_after,
    (select engine.london_day()) - c.day as age
) as days;
comment on view engine.known_days is
  'Coverage, and whether anything is lacking. is_covered: pulled wholly, in all regions of the settings, with no race
   missing, and not before it could be known: a card on the morning of its day or later, a result once its day was over.
   A day that is past its corrections must have been pulled after them too, as engine.feeds says.';

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

revoke all on engine.known_days from public, anon, authenticated, service_role;
grant select on engine.known_days to service_role;
revoke all on function engine.lacks_coverage from public, anon, authenticated, service_role;
