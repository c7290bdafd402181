-- What became of the last pings.

create type engine.ping_outcome as (
  function_name text,
  ping_id bigint,
  sent_at timestamptz,
  queued_at timestamptz,
  age interval,
  outcome text,
  finding text,
  what_to_do text,
  clock_ahead_seconds numeric,
  account text,
  api_endpoint text,
  api_message text
);
comment on type engine.ping_outcome is
  'What became of a ping, as engine.ping_outcomes judges it, so that it is asked once and handed on.';

create function engine.ping_outcomes()
returns setof engine.ping_outcome
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  with asked as (
    select
      ping.*,
      engine.wall_clock() - ping.queued_at as age,
      max(ping.id) filter (where ping.answered_at is not null) over (partition by ping.function_name) as last_answered
    from engine.pings as ping
    where
      -- One of an hour ago says little.
      ping.queued_at > engine.wall_clock() - interval '1 hour'
      and ping.function_name in (select feed.function_name from engine.feeds as feed)
  ),
  telling as (
    select
      asked.*,
      row_number() over (
        partition by asked.function_name, asked.answered_at is null, asked.age >= interval '30 seconds'
        order by asked.id desc
      ) as nth
    from asked
    -- A report says more than the silence before it.
    where asked.answered_at is not null or asked.id > coalesce(asked.last_answered, 0)
  )
  select distinct on (judged.function_name)
    judged.function_name, judged.id, judged.sent_at, judged.queued_at, judged.age, judged.outcome,
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
      when 'not_sent' then 'See the row "pg_net", and look again in a minute: select * from check_setup();'
      when 'mute' then 'Read the function''s log in the dashboard; then deploy it again with "npx -y deno task setup".'
      else judged.what_to_do
    end,
    judged.clock_ahead_seconds, judged.account, judged.api_endpoint, judged.api_message
  from (
    select
      telling.*,
      answer.finding,
      answer.what_to_do,
      case
        when telling.answered_at is not null then 'reported'
        when answer.kind <> 'answered' then answer.kind
        when telling.age < interval '30 seconds' then 'pending'
        when answer.kind = 'answered' then 'mute'
        else 'not_sent'
      end as outcome
    from telling
    -- A function's own report counts more than pg_net's table, which is then not asked.
    cross join lateral engine.read_response(
      case when telling.answered_at is null then telling.request_id end, telling.queued_at, telling.function_name
    ) as answer
    -- Of those without a report the newest are enough. Who asks every five seconds must also get to know what has been
    -- silent for thirty.
    where
      telling.answered_at is not null
      or telling.nth <= case when telling.age < interval '30 seconds' then 2 else 1 end
  ) as judged
  order by
    judged.function_name,
    judged.outcome = 'pending',
    -- Who looks again at once wants the last word on the account, not that it is being asked for.
    judged.outcome = 'reported' and judged.account is null and judged.age < interval '30 seconds',
    judged.id desc
$$;
comment on function engine.ping_outcomes() is
  'Of each function that was pinged within the past hour, the newest ping that says something, or the one that is waited
   for. outcome: reported, the function got it and reached the database; pending; mute, it answered and reported nothing
   for thirty seconds; not_sent, there is no response after thirty seconds; or a kind of engine.read_response. finding
   and what_to_do are null when it reported.';
