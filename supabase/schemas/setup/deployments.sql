-- What "deno task setup" has deployed, so that it can tell what has changed since.

create table engine.deployments (
  function_name text primary key,
  source_hash text not null,
  version integer not null,
  deployed_at timestamptz not null default engine.clock()
);
comment on table engine.deployments is
  'The Edge Functions as "deno task setup" last deployed them. Without a row, it deploys the function.';
comment on column engine.deployments.function_name is 'Its name on the platform.';
comment on column engine.deployments.source_hash is 'SHA-256 of everything that was uploaded, as hexadecimal digits.';
comment on column engine.deployments.version is
  'The number that the platform gave it. A higher one there was deployed by somebody else.';
comment on column engine.deployments.deployed_at is 'When that was.';

alter table engine.deployments enable row level security;
