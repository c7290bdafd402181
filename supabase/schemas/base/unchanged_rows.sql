-- Keeps updated_at correct and saves the write: an upsert that brings nothing new leaves the row as it is.

create function engine.skip_unchanged_row()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
declare
  given constant timestamptz := new.updated_at;
begin
  new.updated_at := old.updated_at;
  if new is not distinct from old then
    return null;
  end if;
  new.updated_at := case when given is distinct from old.updated_at then given else engine.clock() end;
  return new;
end
$$;
comment on function engine.skip_unchanged_row() is
  'Trigger: drops an update that changes no value but updated_at; otherwise sets that, unless the update does.';
