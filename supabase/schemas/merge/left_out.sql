-- Horses that a result leaves out.

-- Races with a result whose every runner could be understood: a horse that is not in it did not run.
create view engine.whole_results
with (security_invoker = true)
as
select race.id as race_id
from public.ra_races as race
where
  race.has_result
  -- A result without a single runner does not say which horses ran.
  and exists (select from public.ra_runners as runner where runner.race_id = race.id and runner.has_result)
  -- A runner is rejected only when it has no id that can be read, so it may be any horse.
  and not exists (
    select from public.ingest_rejects as reject
    where reject.feed = 'results' and reject.race_id = race.id and reject.kind = 'runner'
  );
comment on view engine.whole_results is 'Races whose result is stored, with runners and without a rejected one.';

create function engine.whole_results_of_cards(runners jsonb)
returns table (race_id text)
language sql
stable
security invoker
set search_path = ''
as $$
  select whole.race_id
  from (
    select distinct sent.race_id #>> '{}' as race_id
    from jsonb_path_query(runners, '$[*] ? (@.has_card == true).race_id') as sent (race_id)
  ) as card
  -- offset 0: race by race through the key, or all races that were ever stored would be read for each page.
  cross join lateral (
    select one.race_id from engine.whole_results as one where one.race_id = card.race_id offset 0
  ) as whole
$$;
comment on function engine.whole_results_of_cards(jsonb) is
  'The races of the declared runners among these whose whole result is stored. runners as ingest_page gets them.';

-- A horse that is on the card but not in the result did not run, whichever of the two is stored last.
create function engine.mark_absent_as_non_runners(race_ids text[])
returns void
language sql
security invoker
set search_path = ''
as $$
  update public.ra_runners as runner
  set is_non_runner = true
  from engine.whole_results as whole
  where
    whole.race_id = any (race_ids)
    and runner.race_id = whole.race_id
    and not runner.has_result
    and not runner.is_non_runner
$$;
comment on function engine.mark_absent_as_non_runners(text[]) is
  'Marks as non-runners the declared horses that are missing from the result of their race, unless a runner of that
   result was rejected.';

-- A corrected result may leave out a horse that an earlier one had: disqualified as an ineligible runner, or mistaken
-- for another.
create function engine.take_back_left_out(results jsonb, runners jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  with seen as materialized (
    select sent.race_id, sent.horse_id from jsonb_to_recordset(runners) as sent (race_id text, horse_id text)
  )
  update public.ra_runners as runner
  set
    has_result = false,
    is_non_runner = true,
    position = null,
    position_code = null,
    beaten_lengths = null,
    beaten_lengths_overall = null
  from jsonb_to_recordset(results) as result (id text, has_result boolean)
  cross join lateral (
    select one.race_id from engine.whole_results as one where one.race_id = result.id offset 0
  ) as whole
  where
    result.has_result
    and runner.race_id = whole.race_id
    and runner.has_result
    and exists (select from seen where seen.race_id = runner.race_id)
    and not exists (select from seen where seen.race_id = runner.race_id and seen.horse_id = runner.horse_id)
$$;
comment on function engine.take_back_left_out(jsonb, jsonb) is
  'Removes the position of horses that an earlier result of these races had and this one does not. results and runners
   as ingest_page gets them; a result comes with all of its runners, and one without any takes nothing back.';

grant select on engine.whole_results to service_role;
grant execute on function
  engine.whole_results_of_cards, engine.mark_absent_as_non_runners, engine.take_back_left_out
  to service_role;
