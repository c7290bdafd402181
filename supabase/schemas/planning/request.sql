-- Checks of a request for work.

create function engine.days_ahead_in_words()
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select format('Today in London is %s. ', engine.london_day())
    || string_agg(
      format(
        'The last day of %s is %s.', feed.name,
        case feed.days_ahead when 0 then 'today' else (engine.london_day() + feed.days_ahead)::text end
      ),
      ' ' order by feed.place
    )
  from engine.feeds as feed
  where feed.by_default and feed.days_ahead is not null
$$;
comment on function engine.days_ahead_in_words() is
  'A sentence for hints: today, and the last day that each feed can have.';

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
  today constant date := engine.london_day();
  days_ahead constant integer := (select max(feed.days_ahead) from engine.feeds as feed);
  wrong_feed text;
  ahead record;
begin
  if start_date is null then
    raise exception 'The start date is missing'
      using errcode = '22023', hint = 'For example: select backfill_start(date ''2015-01-01'');';
  end if;
  last_day := coalesce(end_date, greatest(start_date, today));
  wanted_feeds := coalesce(feeds, default_feeds);
  if cardinality(wanted_feeds) = 0 then
    raise exception 'The list of feeds is empty'
      using errcode = '22023',
        hint = format('Leave it out, or name some: the feeds are %s.', array_to_string(known_feeds, ', '));
  end if;
  select f into wrong_feed from unnest(wanted_feeds) as f where f is null or f <> all (known_feeds) limit 1;
  if found then
    raise exception '%', coalesce('Unknown feed "' || wrong_feed || '"', 'The list of feeds contains a null')
      using errcode = '22023', hint = format('The feeds are %s.', array_to_string(known_feeds, ', '));
  end if;
  select f into wrong_feed from unnest(wanted_feeds) as f group by f having count(*) > 1 limit 1;
  if found then
    raise exception 'The feed % is in the list twice', wrong_feed
      using errcode = '22023',
        hint = format(
          'Name it once: array[%s].',
          (select string_agg(quote_literal(f), ', ') from unnest(known_feeds) as f where f = any (wanted_feeds))
        );
  end if;
  if reprocess is null or reprocess not in ('missing', 'failed', 'all') then
    raise exception 'Unknown value "%" for reprocess', coalesce(reprocess, 'null')
      using errcode = '22023', hint = 'Use missing (what coverage lacks), failed (what died earlier) or all.';
  end if;
  if start_date < first_day then
    raise exception 'The start date % is before %, the first day of The Racing API', start_date, first_day
      using errcode = '22023', hint = format('Start on %s or later.', first_day);
  end if;
  if start_date > last_day then
    raise exception 'The start date % is after the end date %', start_date, last_day
      using errcode = '22023', hint = format('Swap them: the first day is %s, the last one %s.', last_day, start_date);
  end if;
  select today + max(feed.days_ahead) as last_day, string_agg(feed.name, ' or ' order by feed.place) as names
  into ahead
  from engine.feeds as feed
  where feed.name = any (wanted_feeds) and feed.days_ahead is not null;
  if start_date > ahead.last_day then
    raise exception 'The start date % is in the future: there are no % after % yet', start_date, ahead.names,
      ahead.last_day
      using errcode = '22023', hint = engine.days_ahead_in_words();
  end if;
  if last_day > today + days_ahead then
    raise exception 'The % date % is more than % days ahead: the API has no cards that far',
      case when end_date is null then 'start' else 'end' end, last_day, days_ahead
      using errcode = '22023', hint = engine.days_ahead_in_words();
  end if;
  return next;
end
$$;
comment on function engine.check_request(date, date, text[], text) is
  'What a request for work leaves open, filled in: the last day (default: today in London, or the start date when
   that is later) and the feeds (default: those of engine.feeds.by_default). Invalid values are an error that says what
   is wrong, and so is a start on a day that none of the feeds can have yet.';

grant execute on function engine.days_ahead_in_words, engine.check_request to service_role;
