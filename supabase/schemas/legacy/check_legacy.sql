-- Whether tables of an old system are still there, for check_setup.

create function engine.check_legacy()
returns table (part text, state text, finding text, what_to_do text)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  tables integer;
  bytes bigint;
begin
  if pg_catalog.to_regclass('legacy_data.moved_objects') is null then
    return;
  end if;
  select count(*), coalesce(sum(pg_catalog.pg_total_relation_size(format('legacy_data.%I', moved.name)::regclass)), 0)
  into tables, bytes
  from engine.legacy_objects() as moved
  where moved.relkind in ('r', 'p');
  return query select
    'old system', 'warning',
    format('%s tables that were taken over are still there: %s MB in legacy_data.', tables, round(bytes / 1e6)),
    'Nothing hurries. select drop_legacy(); says what only they have, select drop_legacy(confirm => true); removes '
    'them.';
end
$$;
comment on function engine.check_legacy() is 'A row while tables of an old system are there; none otherwise.';
