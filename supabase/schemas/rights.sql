-- Each file grants its rights at its foot. No other role has any right in engine or racing, whatever a project grants
-- by default. Objects in public are closed where they are created, because that schema may hold other things too.

revoke all on all tables in schema engine from public, anon, authenticated;
revoke all on all sequences in schema engine from public, anon, authenticated;
revoke all on all functions in schema engine from public, anon, authenticated;
revoke all on all tables in schema racing from public, anon, authenticated;
revoke all on all functions in schema racing from public, anon, authenticated;
