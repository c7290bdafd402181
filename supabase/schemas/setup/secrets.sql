-- What Vault must hold, so that the database can reach the functions.

create function engine.check_secret(name text, out state text, out finding text, out what_to_do text)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Trimmed, as it is where it is used.
  value constant text := nullif(
    btrim(
      (select s.decrypted_secret from vault.decrypted_secrets as s where s.name = check_secret.name), E' \t\r\n'
    ),
    ''
  );
  -- A container has a name without dots and is reached without TLS.
  nearby constant text := '^http://(localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal|[a-z0-9_-]+)(:[0-9]+)?(/|$)';
begin
  -- No value is shown: somebody may have mixed up the two.
  finding := case
    when value is null then format('Vault lacks the secret "%s".', check_secret.name)
    when value ~* 'your[-_ ]?(project|worker)' then format('Vault''s %s is a placeholder.', check_secret.name)
    when check_secret.name <> 'project_url' then null
    when value ~* '^http://' and value !~* nearby then
      'Vault''s project_url begins with http:// and leads to another machine.'
    when value !~* '^https?://[^/[:space:]?#@]+(/|$)' then
      'Vault''s project_url is not the URL of a project.'
    when value !~* '^https?://[^/]+/*$' then
      'Vault''s project_url has a path after the host.'
  end;
  state := case when finding is null then 'ok' else 'failed' end;
  what_to_do := case check_secret.name
    when 'project_url' then
      'Run "npx -y deno task setup"; with only the SQL editor, put the project''s URL, as the dashboard shows it '
      '(https://….supabase.co), into supabase/snippets/set_up.sql and run it.'
    else
      'Run "npx -y deno task setup"; with only the SQL editor, put the value of the function secret WORKER_SECRET into '
      'supabase/snippets/set_up.sql and run it.'
  end;
  if state = 'ok' and check_secret.name = 'worker_secret' and length(value) < 16 then
    state := 'warning';
    finding := format('It has only %s characters, so it can be guessed.', length(value));
    what_to_do := 'Run "npx -y deno task setup --rotate-worker-secret", which makes a long one.';
  elsif state = 'ok' then
    finding := 'It is set.';
    what_to_do := 'Nothing.';
  end if;
end
$$;
comment on function engine.check_secret(text) is
  'Whether Vault''s project_url or worker_secret can be right: state ok, warning or failed, and a sentence each on what
   is found and what to do. Shows no value.';
