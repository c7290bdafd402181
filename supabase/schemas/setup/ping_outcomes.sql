-- What became of the last pings.

create function engine.ping_outcomes()
returns table (
  function_name text,
  ping_id bigint,
  sent_at timestamptz,
  age interval,
  outcome text,
  finding text,
  what_to_do text,
  clock_ahead_seconds numeric,
  account text,
  api_endpoint text,
  api_message text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select distinct on (judged.function_name)
    judged.function_name, judged.id, judged.sent_at, judged.age, judged.outcome,
    case judged.outcome
      when 'pending' then
        format('It was asked %s s ago and has not answered yet.', floor(extract(epoch from judged.age)))
      when 'not_sent' then 'Nothing has come back: pg_net has not sent the ping, or its response was lost.'
      when 'mute' then format(
        'The function %s answers, but reports nothing: it can''t reach the database, or the database refuses its key.',
        judged.function_name
      )
      else judged.finding
    end,
    case judged.outcome
      when 'pending' then 'Look again in 5 seconds: select * from check_setup();'
      when 'not_sent' then 'Look at pg_net''s row, and again in a minute: select * from check_setup();'
      when 'mute' then 'Read the function''s log in the dashboard; then deploy again with "npx -y deno task setup".'
      else judged.what_to_do
    end,
    judged.clock_ahead_seconds, judged.account, judged.api_endpoint, judged.api_message
  from (
    select
      ping.*,
      waited.age,
      answer.finding,
      answer.what_to_do,
      case
        when ping.answered_at is not null then 'reported'
        when answer.kind <> 'answered' then answer.kind
        when waited.age < interval '30 seconds' then 'pending'
        when answer.kind = 'answered' then 'mute'
        else 'not_sent'
      end as outcome
    from engine.pings as ping
    cross join lateral (values (engine.wall_clock() - ping.queued_at)) as waited (age)
    -- A function's own report counts more than pg_net's table, which is then not asked.
    cross join lateral engine.read_response(
      case when ping.answered_at is null then ping.request_id end, ping.queued_at, ping.function_name
    ) as answer
    where ping.function_name in (select feed.function_name from engine.feeds as feed)
  ) as judged
  order by
    judged.function_name,
    judged.outcome = 'pending',
    -- Who looks again at once wants the last word on the account, not that it is being asked for.
    judged.outcome = 'reported' and judged.account is null and judged.age < interval '30 seconds',
    judged.id desc
$$;
comment on function engine.ping_outcomes() is
  'Of each function that was pinged, the newest ping that says something, or the one that is waited for. outcome:
   reported, the function got it and reached the database; pending; mute, it answered and reported nothing for thirty
   seconds; not_sent, there is no response after thirty seconds; or a kind of engine.read_response. finding and
   what_to_do are null when it reported.';
