-- Once per project, after "supabase db push" and "supabase functions deploy". Fill in the two values.

-- The project's URL, as the dashboard shows it
select vault.create_secret('https://YOUR-PROJECT.supabase.co', 'project_url');

-- The same value as the functions' WORKER_SECRET
select vault.create_secret('YOUR-WORKER-SECRET', 'worker_secret');

-- Optional: where alerts go
select vault.create_secret('https://YOUR-WEBHOOK', 'alert_webhook_url');
