-- Keeps updated_at correct and saves the write: an upsert that brings nothing new leaves the row as it is.

create function engine.skip_unchanged_row()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if new is not distinct from old then
    return null;
  end if;
  new.updated_at := engine.clock();
  return new;
end
$$;
comment on function engine.skip_unchanged_row() is
  'Trigger: drops an update that changes no value; otherwise sets updated_at.';
