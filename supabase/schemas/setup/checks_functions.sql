-- What the last pings and the last message to the webhook say, for check_setup.

create function engine.check_functions(outcomes engine.ping_outcome[])
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  with names as (
    select distinct feed.function_name from engine.feeds as feed
  )
  select link.part, link.state, link.finding, link.what_to_do
  from names
  left join unnest(check_functions.outcomes) as ping on ping.function_name = names.function_name
  cross join lateral (
    values
      (
        1,
        'function ' || names.function_name,
        case
          when ping.outcome is null or ping.outcome = 'pending' then 'waiting'
          when ping.outcome in ('reported', 'mute') then 'ok'
          when ping.outcome = 'timed_out' then 'warning'
          else 'failed'
        end,
        case
          when ping.outcome is null then 'It has not been asked within the past hour.'
          when ping.outcome = 'pending' then ping.finding
          when ping.outcome in ('reported', 'mute') then format(
            'It answered %s s ago and knows the worker secret.', floor(extract(epoch from ping.age))
          )
          else format('%s That was %s s ago.', ping.finding, floor(extract(epoch from ping.age)))
        end,
        case
          when ping.outcome is null then 'Look again in 5 seconds: select * from check_setup();'
          when ping.outcome in ('reported', 'mute') then 'Nothing.'
          else ping.what_to_do
        end
      ),
      (
        2,
        'database from ' || names.function_name,
        case when ping.outcome = 'reported' then 'ok' when ping.outcome = 'mute' then 'failed' else 'waiting' end,
        case
          when ping.outcome = 'reported' then 'It reached the database with its key.'
          when ping.outcome = 'mute' then ping.finding
          else 'Not known until the function answers.'
        end,
        case
          when ping.outcome = 'reported' then 'Nothing.'
          when ping.outcome = 'mute' then ping.what_to_do
          else format('See the row "function %s".', names.function_name)
        end
      )
  ) as link (place, part, state, finding, what_to_do)
  order by link.place, names.function_name
$$;
comment on function engine.check_functions(engine.ping_outcome[]) is
  'Whether each function is reached and knows our secret, and whether it reaches the database, by what became of the
   pings.';

create function engine.check_clocks(outcomes engine.ping_outcome[])
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  select
    'clock',
    case
      when worst.is_refused or worst.seconds > 55 then 'failed'
      when worst.seconds > 15 then 'warning'
      when worst.seconds is null then 'waiting'
      else 'ok'
    end,
    case
      when worst.is_refused then 'The clocks of a function and of the database differ by more than a minute.'
      when worst.seconds is null then 'Not known until a function answers.'
      when worst.seconds > 15 then format(
        'The clocks of a function and of the database differ by %s s. From a minute on it refuses every dispatch.',
        round(worst.seconds)
      )
      else 'The clocks of the functions and of the database agree.'
    end,
    case
      when worst.is_refused or worst.seconds > 15
        then 'Wait a few minutes. If that does not help, restart the project: the platform sets both clocks.'
      when worst.seconds is null then 'See the rows of the functions.'
      else 'Nothing.'
    end
  from (
    select
      coalesce(bool_or(ping.outcome = 'clocks_differ'), false) as is_refused,
      max(abs(ping.clock_ahead_seconds)) as seconds
    from unnest(check_clocks.outcomes) as ping
  ) as worst
$$;
comment on function engine.check_clocks(engine.ping_outcome[]) is
  'Whether the functions'' clocks agree with the database''s, by what became of the pings.';

create function engine.check_account(outcomes engine.ping_outcome[])
returns table (part text, state text, finding text, what_to_do text)
language sql
stable
security invoker
set search_path = ''
as $$
  with summary as (
    select
      bool_or(answers.account in ('accepted', 'plan_too_low')) as is_accepted,
      -- The password may be new: what was refused counts more.
      min(answers.api_message) filter (where answers.account in ('refused', 'not_set')) as refusal,
      min(answers.api_message) filter (where answers.account = 'unknown') as mishap,
      bool_or(answers.account = 'accepted' and answers.api_endpoint = '/racecards/pro') as has_cards,
      min(answers.api_message) filter (where answers.account = 'plan_too_low') as shortage,
      bool_or(answers.outcome = 'reported' and answers.account is null) as is_asked
    from unnest(check_account.outcomes) as answers
  )
  select link.part, link.state, link.finding, link.what_to_do
  from summary
  cross join lateral (
    values
      (
        1,
        'API account',
        case
          when summary.refusal is not null then 'failed'
          when summary.is_accepted then 'ok'
          when summary.mishap is not null then 'warning'
          else 'waiting'
        end,
        case
          when summary.refusal is not null then summary.refusal || '.'
          when summary.is_accepted then 'The Racing API accepts the account.'
          when summary.mishap is not null then summary.mishap || '.'
          when summary.is_asked then 'A function is asking The Racing API and has no answer yet.'
          else 'Not known until a function answers.'
        end,
        case
          when summary.refusal is not null
            then 'Put the right RACING_API_USERNAME and RACING_API_PASSWORD into supabase/.env and run "npx -y deno '
              'task setup"; or set them as function secrets in the dashboard.'
          when summary.is_accepted then 'Nothing.'
          when summary.mishap is not null then 'Look again in a minute. If it stays so, ask The Racing API.'
          when summary.is_asked then 'Look again in 5 seconds: select * from check_setup();'
          else 'See the rows of the functions.'
        end
      ),
      (
        2,
        'API plan',
        case when summary.has_cards then 'ok' when summary.shortage is not null then 'warning' else 'waiting' end,
        case
          when summary.has_cards then 'It is Pro: racecards and results can be pulled.'
          when summary.shortage is not null then format(
            'The plan of the account is too low: %s.',
            coalesce(substring(summary.shortage from '\((.*)\)'), summary.shortage)
          )
          else 'Not known until the account is accepted.'
        end,
        case
          when summary.has_cards then 'Nothing.'
          when summary.shortage is not null
            then 'Nothing, if you pull results alone: the plan Standard is enough for them. Racecards need the plan '
              'Pro: change the plan at The Racing API.'
          else 'See the row "API account".'
        end
      )
  ) as link (place, part, state, finding, what_to_do)
  order by link.place
$$;
comment on function engine.check_account(engine.ping_outcome[]) is
  'Whether The Racing API accepts the account, and whether its plan has racecards, by what the functions reported.';

create function engine.check_webhook()
returns table (part text, state text, finding text, what_to_do text)
language plpgsql
stable
security invoker
set search_path = ''
set lock_timeout = '1s'
as $$
declare
  -- One that was sent to another address says nothing about this one.
  set_at constant timestamptz := (
    select s.updated_at from vault.decrypted_secrets as s
    where s.name = 'alert_webhook_url' and btrim(s.decrypted_secret, E' \t\r\n') <> ''
  );
  last_message record;
  answer record;
begin
  part := 'webhook';
  state := 'ok';
  what_to_do := 'Nothing.';
  if set_at is null then
    finding := 'None is set: alerts are written into the table alerts, and nobody is told.';
    what_to_do := 'Nothing; or set one with "npx -y deno task setup" or supabase/snippets/set_up.sql.';
    return next;
    return;
  end if;
  select m.id, m.sent_at, m.tries, m.delivered_at, request.request_id, request.queued_at into last_message
  from engine.alert_messages as m
  left join engine.alert_requests as request on request.message_id = m.id
  where m.tries > 0 and coalesce(request.queued_at, m.sent_at) >= set_at
  order by m.sent_at desc, m.id desc
  limit 1;
  if not found then
    finding := 'It is set. No alert has been sent to it yet.';
    return next;
    return;
  end if;
  if last_message.delivered_at is null and engine.responses_are_locked() then
    state := 'warning';
    finding := 'Another session has locked net._http_response, so nobody knows whether the last message was taken.';
    what_to_do := 'Find out who, in pg_locks and pg_stat_activity; pg_terminate_backend(pid) ends it.';
    return next;
    return;
  end if;
  select r.status_code into answer
  from net._http_response as r
  where
    r.id = last_message.request_id
    and r.created between last_message.queued_at - interval '1 minute' and last_message.queued_at + interval '5 minutes'
  order by r.created desc
  limit 1;
  if last_message.delivered_at is not null and (
    last_message.tries < 5 or last_message.delivered_at < last_message.sent_at + interval '5 minutes'
  ) or answer.status_code between 200 and 299 then
    finding := format('It took the last message, sent at %s.', last_message.sent_at);
  elsif answer is null and last_message.delivered_at is null
    and last_message.sent_at > engine.clock() - interval '30 seconds' then
    state := 'waiting';
    finding := 'A message was just sent to it.';
    what_to_do := 'Look again in 5 seconds: select * from check_setup();';
  else
    -- Without it everything else works.
    state := 'warning';
    finding := format(
      'It did not take the last message: %s.',
      coalesce('it answered ' || answer.status_code, 'it could not be reached, or did not answer in time')
    );
    what_to_do := 'Check the webhook''s address; set it with "npx -y deno task setup" or supabase/snippets/set_up.sql.';
  end if;
  return next;
end
$$;
comment on function engine.check_webhook() is
  'Whether the webhook, if one is set, took the last message that was sent since its address was set.';
