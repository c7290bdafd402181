-- Troubles: what an operator has to read and acknowledge.

-- Steps through the index from one day of a feed to the next and counts at most a thousand rows of each: the watch
-- looks every minute, however many rejects there are.
create view engine.unread_rejects
with (security_invoker = true)
as
with recursive days as (
  select feeds.name as feed, engine.london_day(oldest.first_seen_at) as met_on
  from engine.feeds as feeds
  cross join lateral (
    select reject.first_seen_at
    from public.ingest_rejects as reject
    where reject.feed = feeds.name and reject.acknowledged_at is null
    order by reject.first_seen_at
    limit 1
  ) as oldest
  union all
  select days.feed, engine.london_day(next.first_seen_at)
  from days
  cross join lateral (
    select reject.first_seen_at
    from public.ingest_rejects as reject
    where
      reject.feed = days.feed
      and reject.acknowledged_at is null
      and reject.first_seen_at >= engine.london_midnight(days.met_on + 1)
    order by reject.first_seen_at
    limit 1
  ) as next
)
select days.feed, days.met_on, counted.rows_counted, counted.first_reason
from days
cross join lateral (
  select
    count(*) as rows_counted,
    (array_agg(first_ones.reason order by first_ones.first_seen_at, first_ones.id))[1] as first_reason
  from (
    select reject.id, reject.first_seen_at, reject.reason
    from public.ingest_rejects as reject
    where
      reject.feed = days.feed
      and reject.acknowledged_at is null
      and reject.first_seen_at >= engine.london_midnight(days.met_on)
      and reject.first_seen_at < engine.london_midnight(days.met_on + 1)
    order by reject.first_seen_at, reject.id
    limit 1001
  ) as first_ones
) as counted;
comment on view engine.unread_rejects is
  'Rejects that nobody has acknowledged, by feed and the UK day on which they were first met. Counted to 1,001.';

create view engine.rejects_to_acknowledge
with (security_invoker = true)
as
-- One message for a feed's rejects of a day, further ones when they become many, and a new one for the next day.
select
  'rejects' as kind,
  format('%s, met on %s%s', reject.feed, reject.met_on, size.words) as subject,
  format(
    'Not understood: %s of %s, first met on %s, the first because: %s. See ingest_rejects. When you have looked: '
    'update ingest_rejects set acknowledged_at = now() '
    'where feed = %L and engine.london_day(first_seen_at) = %L and acknowledged_at is null;',
    case
      when reject.rows_counted > 1000 then 'more than 1,000 rows'
      when reject.rows_counted = 1 then 'a row'
      else reject.rows_counted || ' rows'
    end,
    reject.feed, reject.met_on, rtrim(reject.first_reason, '.'), reject.feed, reject.met_on
  ) as message
from engine.unread_rejects as reject
join (values (1, ''), (100, ', 100 or more'), (1001, ', more than 1,000')) as size (least, words)
  on size.least <= reject.rows_counted;
comment on view engine.rejects_to_acknowledge is
  'A trouble for each feed and day on which rejects were met that nobody has acknowledged, a second one when they reach
   100, a third when they pass 1,000.';

create view engine.fields_to_acknowledge
with (security_invoker = true)
as
select
  'unknown_field' as kind,
  format('%s %s.%s', field.feed, field.object, field.field) as subject,
  format(
    'The API sends a field that is not stored: %s of %s (%s)%s. When you have looked: '
    'update ingest_unknown_fields set acknowledged_at = now() where feed = %L and object = %L and field = %L;',
    field.field, field.object, field.feed,
    case
      when field.newest_value <> field.first_value
        then format(', first with %s, now with %s', field.first_value, field.newest_value)
      else ', with ' || field.first_value
    end,
    field.feed, field.object, field.field
  ) as message
from public.ingest_unknown_fields as field
where field.acknowledged_at is null;
comment on view engine.fields_to_acknowledge is
  'A trouble for each field that the API sends, that is not stored, and that nobody has acknowledged.';
