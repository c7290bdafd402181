-- Who may do what is granted at the foot of each file. Nobody else has any right in engine, whatever a project grants
-- by itself; what is in public is closed where it is made, because other things may stand there.

revoke all on all tables in schema engine from public, anon, authenticated;
revoke all on all sequences in schema engine from public, anon, authenticated;
revoke all on all functions in schema engine from public, anon, authenticated;
