-- For those who have only the SQL editor; with a terminal, "npx -y deno task setup" does this and all the rest.
-- Stores in Vault where the functions are and the secret that they share with the database. Run it once the migrations
-- are in and the functions are deployed; again, with other values, to change them. It ends with: does it work?
-- The SQL editor keeps what you run: delete the query once it has run.
do $$
declare
  -- The project's URL, as the dashboard shows it
  project_url constant text := 'https://YOUR-PROJECT.supabase.co';
  -- The same value as the functions' WORKER_SECRET, which is in supabase/.env
  worker_secret constant text := 'YOUR-WORKER-SECRET';
  -- Optional: where alerts go. If left empty, it does not change
  alert_webhook_url constant text := '';
  blanks constant text := E' \t\r\n';
  wanted record;
  known_id uuid;
begin
  if project_url ~* 'your[-_ ]?project' or btrim(project_url, blanks) !~* '^https?://[^/[:space:]]+' then
    raise exception
      'project_url is not filled in: put the project''s URL there, as the dashboard shows it, and run this again';
  end if;
  if btrim(project_url, blanks) !~* '^https?://[^/[:space:]?#@]+/*$' then
    raise exception
      'project_url has something after the host: put only https://….supabase.co there, and run this again';
  end if;
  if
    project_url ~* '^\s*http://'
    -- A container has a name without dots.
    and project_url !~* '^\s*http://(localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal|[a-z0-9_-]+)(:[0-9]+)?/*\s*$'
  then
    raise exception
      'project_url begins with http:// and leads to another machine: put https:// there, and run this again';
  end if;
  if worker_secret ~* 'your[-_ ]?worker' or btrim(worker_secret, blanks) = '' then
    raise exception
      'worker_secret is not filled in: put the value of WORKER_SECRET from supabase/.env there, and run this again';
  end if;
  if btrim(alert_webhook_url, blanks) <> '' and btrim(alert_webhook_url, blanks) !~* '^https?://[^/[:space:]]+' then
    raise exception
      'alert_webhook_url is not a URL: put the whole address there, or leave it empty, and run this again';
  end if;

  for wanted in
    select s.name, btrim(s.value, blanks) as value
    from (
      values ('project_url', project_url), ('worker_secret', worker_secret), ('alert_webhook_url', alert_webhook_url)
    ) as s (name, value)
    where btrim(s.value, blanks) <> ''
  loop
    select known.id into known_id from vault.secrets as known where known.name = wanted.name;
    if found then
      perform vault.update_secret(known_id, wanted.value);
    else
      perform vault.create_secret(wanted.value, wanted.name);
    end if;
  end loop;
end
$$;

-- Run this line again after five seconds: it asks the functions, and shows what they answered.
select * from check_setup();
