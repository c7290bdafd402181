-- Time, as the engine counts it.

-- The engine's only source of time. Tests move time by replacing this function as its owner; there is no setting, table
-- or session variable behind it, so nothing that an API role can reach moves it.
create function engine.clock()
returns timestamptz
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$ select pg_catalog.clock_timestamp() $$;
comment on function engine.clock() is
  'The engine''s time. Not the start of the transaction: two calls in one transaction may differ.';

-- Not the engine's time: what is signed for another machine must agree with that machine's clock, which no test moves.
create function engine.wall_clock()
returns timestamptz
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$ select pg_catalog.clock_timestamp() $$;
comment on function engine.wall_clock() is
  'The real time, also where a test moves engine.clock(). Only for what another machine compares with its own clock.';

create function engine.london_day(moment timestamptz default engine.clock())
returns date
language sql
stable
security invoker
set search_path = ''
as $$ select (moment at time zone 'Europe/London')::date $$;
comment on function engine.london_day(timestamptz) is
  'The UK racing day of a moment. A UTC day starts an hour late for half of the year.';

create function engine.london_midnight(day date)
returns timestamptz
language sql
stable
security invoker
set search_path = ''
as $$ select london_midnight.day::timestamp at time zone 'Europe/London' $$;
comment on function engine.london_midnight(date) is 'When a UK day begins.';

grant execute on function engine.clock, engine.london_day, engine.london_midnight to service_role;
