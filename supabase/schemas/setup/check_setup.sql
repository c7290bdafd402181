-- Does it work? One question for every link between the database, the functions and the API.

create function public.check_setup()
returns table (part text, state text, finding text, what_to_do text)
language plpgsql
security invoker
set search_path = ''
as $$
declare
  topic text;
  outcomes engine.ping_outcome[];
  is_fresh boolean;
begin
  -- Read before new pings are queued: pg_net sends after the commit, so nothing of these could be answered.
  foreach topic in array
    array[
      'extensions', 'grants', 'vault', 'net', 'cron', 'functions', 'clocks', 'account', 'size', 'indexes', 'webhook',
      'published', 'goings', 'kept_runs', 'legacy'
    ]
  loop
    begin
      if topic = 'functions' then
        outcomes := array(select p from engine.ping_outcomes() as p);
      end if;
      return query execute format(
        'select c.part, c.state, c.finding, c.what_to_do from engine.check_%s(%s) as c',
        topic, case when topic in ('functions', 'clocks', 'account') then '$1' end
      )
      using outcomes;
    exception
      -- A broken project must not keep the others from being looked at.
      when others then
        part := topic;
        state := 'failed';
        finding := format('It could not be checked: %s.', rtrim(sqlerrm, '.'));
        what_to_do := 'Do what the rows above say first.';
        return next;
    end;
  end loop;

  part := 'ping';
  select count(distinct feed.function_name) = count(distinct ping.function_name) into is_fresh
  from engine.feeds as feed
  left join unnest(outcomes) as ping
    on ping.function_name = feed.function_name and ping.outcome <> 'pending' and ping.age < interval '1 minute';
  if exists (select from engine.pings as ping where ping.queued_at > engine.wall_clock() - interval '4 seconds') then
    state := case when is_fresh then 'ok' else 'waiting' end;
    finding := 'The functions were asked a few seconds ago.';
    what_to_do := case when is_fresh then 'Nothing.' else 'Look again in 5 seconds: select * from check_setup();' end;
    return next;
    return;
  end if;
  begin
    perform engine.ping_functions();
    state := case when is_fresh then 'ok' else 'waiting' end;
    finding := case
      when is_fresh
        then 'The rows above show what the functions answered within the past minute. They have been asked again.'
      else 'The functions have been asked just now. The rows above show what was known before.'
    end;
    what_to_do := case when is_fresh then 'Nothing.' else 'Look again in 5 seconds: select * from check_setup();' end;
  exception
    when others then
      state := 'failed';
      finding := format('The functions could not be asked: %s.', rtrim(sqlerrm, '.'));
      what_to_do := 'Do what the rows above say first.';
  end;
  return next;
end
$$;
comment on function public.check_setup() is
  'Does the project work? A row per link, the most fundamental first: part; state (ok, waiting, warning, failed); what
   was found; what to do. It asks the functions each time, and reports what they answered the last time: look again
   after five seconds. Changes nothing but the pings.';

revoke all on function public.check_setup from public, anon, authenticated, service_role;
