-- The schema of the answers: views and functions over the racing tables. Nothing in it is stored but the table of
-- goings, so each answer is as true as the rows below it. What each figure means, docs/racing.md says.

create schema racing;
comment on schema racing is
  'Answers over the racing tables: helpers, views and functions, which read with the rights of their caller.';

revoke all on schema racing from public, anon, authenticated;
grant usage on schema racing to service_role;
