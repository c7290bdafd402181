-- Checks of a request for work.

create function engine.check_request(start_date date, end_date date, feeds text[], reprocess text)
returns table (last_day date, wanted_feeds text[])
language plpgsql
stable
security invoker
set search_path = ''
as $$
#variable_conflict use_variable
declare
  known_feeds constant text[] := engine.feed_names();
  default_feeds constant text[] := engine.feed_names(by_default => true);
  first_day constant date := (select min(feed.first_day) from engine.feeds as feed);
  days_ahead constant integer := (select max(feed.days_ahead) from engine.feeds as feed);
  unknown_feed text;
begin
  last_day := coalesce(end_date, engine.london_day());
  wanted_feeds := coalesce(feeds, default_feeds);
  if start_date is null then
    raise exception 'The start date is missing'
      using errcode = '22023', hint = 'For example: select backfill_start(date ''2015-01-01'');';
  end if;
  if start_date < first_day then
    raise exception 'The start date % is before %, the first day of The Racing API', start_date, first_day
      using errcode = '22023';
  end if;
  if start_date > last_day then
    raise exception 'The start date % is after the end date %', start_date, last_day using errcode = '22023';
  end if;
  if last_day > engine.london_day() + days_ahead then
    raise exception 'The end date % is more than % days ahead: the API has no cards that far', last_day, days_ahead
      using errcode = '22023';
  end if;
  if cardinality(wanted_feeds) = 0 then
    raise exception 'The list of feeds is empty'
      using errcode = '22023', hint = format('Leave it out for: %s.', array_to_string(default_feeds, ', '));
  end if;
  select f into unknown_feed from unnest(wanted_feeds) as f where f is null or f <> all (known_feeds) limit 1;
  if found then
    raise exception 'Unknown feed "%"', coalesce(unknown_feed, '')
      using errcode = '22023', hint = format('The feeds are %s.', array_to_string(known_feeds, ', '));
  end if;
  if reprocess is null or reprocess not in ('missing', 'failed', 'all') then
    raise exception 'Unknown value "%" for reprocess', coalesce(reprocess, 'null')
      using errcode = '22023', hint = 'Use missing (what coverage lacks), failed (what died earlier) or all.';
  end if;
  return next;
end
$$;
comment on function engine.check_request(date, date, text[], text) is
  'What a request for work leaves open, filled in: the last day (default: today in London) and the feeds (default:
   those of engine.feeds.by_default). Invalid values are an error that says what is wrong.';

grant execute on function engine.check_request to service_role;
