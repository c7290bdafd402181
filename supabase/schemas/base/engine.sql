-- The schema of the engine's inner parts.

create schema engine;
comment on schema engine is
  'Inner parts of the backfill engine. Not exposed over the API; what an operator or a function calls is in public.';

grant usage on schema engine to service_role;
