-- What a project must have before a run is started in it.

-- Security definer, so that the role that starts a run with the secret key needs no right to Vault, cron or the pings.
create function engine.refuse_broken_setup(feeds text[])
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  wanted text;
  trouble record;
begin
  foreach wanted in array array['project_url', 'worker_secret'] loop
    select c.state, c.finding, c.what_to_do into trouble from engine.check_secret(wanted) as c;
    if trouble.state = 'failed' then
      raise exception '%', rtrim(trouble.finding, '.') using errcode = 'PT424', hint = trouble.what_to_do;
    end if;
  end loop;

  if not exists (select from cron.job as job where job.jobname = 'engine-tick') then
    raise exception 'The cron job engine-tick is gone, so what gets lost on its way would never be sent again'
      using errcode = 'PT424',
        hint = 'Run "npx -y deno task setup", which puts it back; with only the SQL editor: '
          'select * from check_setup();';
  end if;

  -- No ping is no reason, nor is one without an answer: it may never have been sent, or have come all the same.
  select
    coalesce(ping.finding, ping.api_message, 'The account is refused') as finding,
    coalesce(
      ping.what_to_do,
      'Put the right RACING_API_USERNAME and RACING_API_PASSWORD into supabase/.env and run "npx -y deno task setup"; '
      'or set them as function secrets in the dashboard.'
    ) as what_to_do
  into trouble
  from engine.ping_outcomes() as ping
  where
    (ping.outcome not in ('reported', 'pending', 'not_sent', 'timed_out') or ping.account in ('refused', 'not_set'))
    and ping.function_name in (
      select feed.function_name from engine.feeds as feed where feed.name = any (refuse_broken_setup.feeds)
    )
    -- After something was mended nobody need wait until the old failure is forgotten. A new function secret leaves no
    -- trace here, so a newer ping counts as well: it is to say whether it helped.
    and not exists (
      select from engine.pings as newer where newer.function_name = ping.function_name and newer.id > ping.ping_id
    )
    and not exists (select from engine.deployments as deployed where deployed.deployed_at >= ping.sent_at)
    and not exists (
      select from vault.secrets as entry
      where entry.name in ('project_url', 'worker_secret') and entry.updated_at >= ping.queued_at
    )
    and not exists (
      select from public.backfill_progress as chunk
      join engine.feeds as feed on feed.name = chunk.feed
      where feed.function_name = ping.function_name and chunk.claimed_at > ping.sent_at
    )
  order by ping.function_name
  limit 1;
  if found then
    raise exception '%', rtrim(trouble.finding, '.')
      using errcode = 'PT424',
        hint = trouble.what_to_do || ' Then run this twice, five seconds apart: select * from check_setup();';
  end if;
end
$$;
comment on function engine.refuse_broken_setup(text[]) is
  'Error PT424 (HTTP 424), with a hint, when the tables show that a run of these feeds could not work: a Vault entry is
   missing or can''t be right, the cron job engine-tick is gone, or the last ping of the past hour to a function of
   these feeds failed, and since then nothing was claimed, deployed or changed in Vault.';

grant execute on function engine.refuse_broken_setup to service_role;
