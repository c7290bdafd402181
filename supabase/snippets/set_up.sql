-- Stores in Vault where the functions are and the secret that they share with the database. Run it once per project,
-- after
-- "supabase db push --remote" and "supabase functions deploy --use-api"; again with other values to change them.
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
  if project_url like '%YOUR-PROJECT%' or btrim(project_url, blanks) !~ '^https?://[^/[:space:]]+' then
    raise exception
      'project_url is not filled in: put the project''s URL there, as the dashboard shows it, and run this again';
  end if;
  if worker_secret like '%YOUR-WORKER-SECRET%' or btrim(worker_secret, blanks) = '' then
    raise exception
      'worker_secret is not filled in: put the value of WORKER_SECRET from supabase/.env there, and run this again';
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
